// The panel Train: cards that arrow keys reach, one press of Start at a time, a command that can be copied.
(() => {
  "use strict";
  const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const PAUSE = 1500; // milliseconds in which a second press of Start is taken for the same one

  // Each card is a radio button of its own to the browser; together they are one choice.
  document.addEventListener("keydown", (event) => {
    const group = event.target.closest?.(".card-radio");
    const step = STEPS[event.key];
    if (!group || !step || event.target.type !== "radio") return;
    event.preventDefault();
    const radios = [...group.querySelectorAll("input[type=radio]:not(:disabled)")];
    const place = radios.indexOf(event.target) + step;
    const next = radios[(place + radios.length) % radios.length];
    next.focus();
    next.click();
  });

  // Numbers are entered as text; phones show their keys for numbers all the same.
  document.addEventListener("focusin", (event) => {
    if (event.target.closest?.(".option-number")) event.target.inputMode = "decimal";
  });

  // What is measured is the run as it was chosen: another choice ends it.
  document.addEventListener("input", (event) => {
    if (event.target.closest?.(".train-choices")) giveUp();
  });
  // The server is told directly, with the ticket as it is now: answers to other changes may hide the button or empty the
  // ticket's field before a press would have been sent.
  let told = null;
  const measuring = (server) => (told = server);
  const giveUp = () => {
    const ticket = document.querySelector("#train-measuring textarea, #train-measuring input")?.value;
    if (ticket) told?.tell(ticket);
  };

  // A run's settings are to be looked up: the panel opens at once, with markup that says so. Once they are there, or
  // cannot be had, `run` is empty.
  const AS_IT_IS = { __type__: "update" };
  const cloning = (run, markup) => (run ? [{ ...AS_IT_IS, selected: "train" }, markup] : [AS_IT_IS, ""]);

  let pressed = 0;
  document.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest?.("#train-start")) return;
      const now = Date.now();
      if (now - pressed < PAUSE) {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else {
        pressed = now;
        waiting(event.target.closest("#train-start"));
      }
    },
    true,
  );

  function waiting(button) {
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), PAUSE);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    const code = button?.parentElement.querySelector("code");
    if (!code) return;
    await copy(code);
    const before = button.textContent;
    if (before === button.dataset.copied) return;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = before), PAUSE);
  });

  // Where the page is not served securely, browsers have no clipboard for scripts: then the text is selected and copied.
  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      const selection = getSelection();
      selection.selectAllChildren(code);
      document.execCommand("copy");
    }
  }

  // What was entered, by dataset, in this tab of the browser: `values` begin with the dataset, what the form held when it
  // was last answered, and its ticket (see Asked in train_asked.py). Only what a person did is kept.
  const name = (dataset) => `studio-train ${dataset}`;
  const met = new Set(); // datasets whose form has been filled
  let edited = false;
  for (const kind of ["input", "pointerdown", "keydown"]) {
    document.addEventListener(kind, (event) => (edited ||= Boolean(event.target.closest?.("#train-body"))), true);
  }

  function keep([dataset, seen, , ...now]) {
    if (!edited || !met.has(dataset) || JSON.parse(seen || "[]")[0] !== dataset) return;
    stored((storage) => storage.setItem(name(dataset), JSON.stringify(now)));
  }

  function restored([dataset, , , ...now]) {
    const kept = met.has(dataset) ? null : JSON.parse(stored((storage) => storage.getItem(name(dataset))) || "null");
    if (dataset) met.add(dataset);
    return kept?.length === now.length ? [...kept, dataset] : [...now, dataset].map(() => AS_IT_IS);
  }

  function forget([dataset]) {
    edited = false;
    stored((storage) => storage.removeItem(name(dataset)));
  }

  function stored(action) {
    try {
      return action(sessionStorage);
    } catch {
      return null; // a browser that keeps nothing
    }
  }

  window.studioTrain = { cloning, giveUp, keep, measuring, restored, forget };
})();
