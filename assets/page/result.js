// The panel Result's script: the confidence slider, and bringing rows into view when a number was pressed.
// The sentences of the slider stand in the page already, made by studio/ui/panels/result_confidence.py.
(() => {
  "use strict";
  let pressed = "";

  // Remembered before the server answers, so that only rows are brought into view, not a sorted table.
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest("[data-ask]");
      if (!button) return;
      pressed = button.dataset.ask;
      if (button.classList.contains("build-button")) button.classList.add("pressed");
    },
    true,
  );

  function shown() {
    if (pressed.startsWith("sort:")) return;
    setTimeout(() => {
      const title = document.getElementById("result-shown");
      if (!title) return;
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      title.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
      title.focus({ preventScroll: true });
    }, 60);
  }

  function sliding(element) {
    element.addEventListener("input", (event) => {
      if (!event.target.matches("input[type=range]")) return;
      for (const point of element.querySelectorAll("[data-threshold]")) {
        point.hidden = point.dataset.threshold !== event.target.value;
        if (!point.hidden) event.target.setAttribute("aria-valuetext", point.dataset.words);
      }
    });
  }

  window.studioResult = { shown, sliding };
})();
