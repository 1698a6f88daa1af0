// The panel Data: each drop zone is named by its own label, where Gradio gives all of them one name.
(() => {
  "use strict";
  let waiting = false;

  function name() {
    waiting = false;
    for (const zone of document.querySelectorAll("#panel-data button.upload-container")) {
      const label = zone.closest(".block")?.querySelector("[data-testid=block-label]")?.textContent.trim();
      if (!label) continue;
      for (const part of [zone, zone.querySelector("input[type=file]")]) {
        if (part && part.getAttribute("aria-label") !== label) part.setAttribute("aria-label", label);
      }
    }
  }

  const soon = () => {
    if (!waiting) requestAnimationFrame(name);
    waiting = true;
  };

  const watch = () => {
    const panel = document.querySelector("#panel-data");
    if (!panel) return setTimeout(watch, 200);
    new MutationObserver(soon).observe(panel, { childList: true, subtree: true });
    soon();
  };
  watch();
})();
