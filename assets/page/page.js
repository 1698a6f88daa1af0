// The page's own script: parts that keep themselves up to date, presses that ask the server, the address, the theme.
// User text never passes through here as markup: `html` comes escaped from the server (studio/ui/markup.py).
(() => {
  "use strict";
  const SECOND = 1000;

  const seen = (element) =>
    !document.hidden && element.isConnected && element.getClientRects().length > 0;

  const lost = (isLost) => document.body.classList.toggle("is-disconnected", isLost);

  // A part that asks `server.view({id})` once a second while it can be seen. See `live_html` in studio/ui/shared.py.
  function live(element, props, server, watch, moved, firstLook) {
    const box = element.querySelector(".live-part");
    let shown = null;
    let state = null;
    let named = false;
    let failures = 0;
    let asking = false;

    async function look() {
      if (asking) return;
      asking = true;
      const id = props.value || "";
      try {
        const answer = await server.view({ id });
        named ||= id !== "";
        if (answer && id === (props.value || "")) show(answer);
        if (answer?.news) tell(answer.news);
        if (failures > 0) lost(false);
        failures = 0;
      } catch {
        failures += 1;
        if (failures > 1) lost(true);
      } finally {
        asking = false;
      }
      if (id !== (props.value || "")) look();
    }

    function show(answer) {
      if (answer.html !== shown) {
        shown = answer.html;
        replace(box, answer.html);
      }
      if (answer.state === state) return;
      const known = state !== null;
      state = answer.state;
      if (known) moved();
      else if (named) firstLook(); // a page that was just opened does not know yet what it is about
    }

    function tick() {
      if (!element.isConnected) return;
      if (seen(element) || (element.closest("#run-bar") && notifies("granted"))) look();
      setTimeout(tick, failures > 3 ? 3 * SECOND : SECOND);
    }
    watch("value", () => {
      state = null;
      look();
    });
    document.addEventListener("visibilitychange", () => seen(element) && look());
    // A panel that was just opened is not kept waiting for the next second.
    new IntersectionObserver((entries) => entries.at(-1).isIntersecting && seen(element) && look()).observe(element);
    tick();
  }

  // The end of a run that was seen at work: a note on the page, and one of the browser where that was allowed and nobody
  // looks at the page. All of it is plain text.
  const atWork = new Set();

  function tell(news) {
    for (const { run, over, text } of news) {
      if (!over) atWork.add(run);
      else if (atWork.delete(run)) note(run, text);
    }
    document.body.classList.toggle("may-notify", notifies("default"));
  }

  const notifies = (state) => "Notification" in window && Notification.permission === state;

  function note(run, text) {
    const box = document.createElement("div");
    box.className = "page-note";
    box.setAttribute("role", "status");
    box.textContent = text;
    document.body.append(box);
    setTimeout(() => box.remove(), 20 * SECOND);
    if (!document.hidden || !notifies("granted")) return;
    const shown = new Notification(document.title, { body: text, tag: run });
    shown.addEventListener("click", () => window.focus());
  }

  // New markup, with the focus and open details where they were.
  function replace(box, html) {
    const focused = box.contains(document.activeElement) ? document.activeElement.id : "";
    const open = new Set([...box.querySelectorAll("details[open][id]")].map((d) => d.id));
    box.innerHTML = html;
    for (const id of open) box.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    if (focused) box.querySelector(`#${CSS.escape(focused)}`)?.focus();
  }

  // Presses on elements with data-ask, and on rows with it by Enter. See `asking_html` in studio/ui/shared.py.
  function asking(element, ask) {
    element.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-ask]");
      if (pressed && element.contains(pressed)) ask(pressed.dataset.ask);
    });
  }

  // Whether a person has done anything here. The browser's own sign of that is also set by programs that look at pages.
  let touched = false;
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, (event) => (touched ||= event.isTrusted), true);
  }

  // The address names what is selected, so that a reload or a link finds it again.
  function remember(changes) {
    // The panel that Gradio opens by itself before anybody has touched the page is not one that was chosen.
    if ("panel" in changes && !touched) return;
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    address.searchParams.delete("lang");
    history.replaceState(history.state, "", address);
  }

  // Opens the panel that the address asks for, should a busy page have opened another one.
  function openAsked(tries) {
    const asked = new URL(location.href).searchParams.get("panel");
    if (!asked || touched || tries === 0) return;
    const tab = document.getElementById(`panel-${asked}-button`);
    if (tab?.getAttribute("aria-selected") === "true") return;
    tab?.click();
    setTimeout(openAsked, SECOND, tries - 1);
  }

  function theme() {
    let kept = null;
    try {
      kept = localStorage.getItem("studio-theme");
    } catch {
      return;
    }
    if (kept) document.body.classList.toggle("dark", kept === "dark");
  }

  function toggleTheme() {
    const dark = document.body.classList.toggle("dark");
    try {
      localStorage.setItem("studio-theme", dark ? "dark" : "light");
    } catch {
      // A browser that keeps nothing shows the theme until the page is closed.
    }
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme]")) toggleTheme();
    if (event.target.closest("[data-notify]")) {
      Notification.requestPermission().then(() => document.body.classList.toggle("may-notify", notifies("default")));
    }
    event.target.closest(".page-note")?.remove();
    const language = event.target.closest(".studio-header nav a[lang]");
    if (language) {
      event.preventDefault();
      const address = new URL(location.href);
      address.searchParams.set("lang", language.lang);
      location.assign(address);
    }
  });

  const waitForBody = () => (document.body ? setTimeout(theme, 0) : requestAnimationFrame(waitForBody));
  waitForBody();
  window.addEventListener("load", theme);
  setTimeout(openAsked, 3 * SECOND, 20);

  window.studioPage = { live, asking, remember };
})();
