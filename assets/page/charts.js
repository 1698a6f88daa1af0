// Live curves and the embedded TensorBoard: what the components of studio/ui/charts.py become in the browser.
// Whatever a person or a run wrote (names, tags) enters the page as text content only, never as markup.
(() => {
  "use strict";

  const SECOND = 1000;
  const POLL_OVER = 10 * SECOND; // a run that is over may be resumed
  const TABLE_EVERY = 5 * SECOND; // so that a screen reader is not talked over
  const PATIENCE = 15 * SECOND; // for one answer
  const LONGEST_WAIT = 30 * SECOND; // between two tries while nothing answers
  const HEIGHT = 220; // of a chart, in CSS pixels
  const COLOURS = 8; // --charts-1 to --charts-8
  const SPARSE = 60; // a curve of so few points shows each of them
  const MOST_MARKS = 200; // of values that are no numbers, in one curve
  const KEPT = "studio_charts"; // the reader's choices, kept in the browser
  const OVER = new Set(["finished", "stopped", "failed", "interrupted"]);
  const SPLITS = ["train", "valid", "test"];
  const SECTIONS = { quality: [], optimization: ["LearningRate", "GradNorm", "AdapterWidth"], speed: ["Throughput", "Memory"] };
  const DASHES = [[], [7, 4], [2, 3], [11, 3, 2, 3]];
  const STEPS = [1, 2, 5].flatMap((n) => [...Array(10).keys()].map((power) => n * 10 ** power)).sort((a, b) => a - b);

  // Small helpers ---------------------------------------------------------------------------------------------------

  /** A new element with attributes and children; strings among the children become text. */
  function make(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) node.setAttribute(key, "");
      else if (value !== false) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  }

  const seen = (element) => !document.hidden && element.isConnected && element.getClientRects().length > 0;
  const known = (words, key, otherwise) => (Object.hasOwn(words, key) ? words[key] : otherwise);
  const filled = (text, name, value) => text.split(`{${name}}`).join(value);
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

  function recalled() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT)) || {};
      const smoothing = Number(kept.smoothing ?? 0.6);
      return { smoothing: smoothing >= 0 && smoothing <= 0.95 ? smoothing : 0.6, log: kept.log === true };
    } catch {
      return { smoothing: 0.6, log: false }; // storage is blocked, or holds something else
    }
  }

  function remember(view) {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ smoothing: view.smoothing, log: view.log }));
    } catch {
      // storage is blocked: the choices last until the page is left
    }
  }

  /** A number as a reader wants it: four digits that matter; bytes in decimal units. */
  function numeral(value, metric) {
    if (metric === "Memory") return bytes(value);
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size < 1e-3 || size >= 1e7) return value.toExponential(2);
    if (size >= 1000) return whole.format(value);
    return value.toPrecision(4);
  }

  function bytes(value) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (Math.abs(value) >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${unit < 2 ? whole.format(value) : value.toFixed(2)} ${units[unit]}`;
  }

  /** The label at a place of an axis; small numbers in powers of ten sooner where the scale is logarithmic. */
  function tick(value, metric, log = false) {
    if (value === null || value === undefined) return "";
    if (metric === "Memory") return bytes(value).replace(/\.?0+ /, " ");
    const size = Math.abs(value);
    if (size !== 0 && (size < (log ? 1e-2 : 1e-4) || size >= 1e6)) return value.toExponential().replace(/\.(\d\d)\d+/, ".$1");
    return size >= 1000 ? whole.format(value) : String(Number(value.toPrecision(6)));
  }

  // What a run's curves are ------------------------------------------------------------------------------------------

  const newRun = ({ id, name }) => ({
    id: String(id), name: String(name ?? id), curves: new Map(), // tag -> {steps, values}; null is no number
    cursor: null, generation: null, over: false, answered: false, due: 0, failures: 0, shown: true,
  });

  /** Take in an answer of the server; returns the metrics whose curves changed. */
  function take(run, answer) {
    const touched = new Set();
    if (answer.generation !== run.generation) {
      for (const tag of run.curves.keys()) touched.add(metricOf(tag));
      run.curves = new Map();
      run.generation = answer.generation;
    }
    for (const [tag, points] of Object.entries(answer.tags)) {
      if (!points.length) continue;
      append(run.curves, tag, points);
      touched.add(metricOf(tag));
    }
    run.cursor = answer.cursor;
    run.over = OVER.has(answer.status);
    run.answered = true;
    return touched;
  }

  /** Points at the end of a curve; those of steps that it already has count instead of what it had from there on. */
  function append(curves, tag, points) {
    if (!curves.has(tag)) curves.set(tag, { steps: [], values: [] });
    const { steps, values } = curves.get(tag);
    while (steps.length && steps[steps.length - 1] >= points[0][0]) {
      steps.pop();
      values.pop();
    }
    for (const [step, value] of points) {
      steps.push(step);
      values.push(Number.isFinite(value) ? value : null);
    }
  }

  const metricOf = (tag) => tag.split("/", 1)[0];
  const splitOf = (tag) => tag.slice(metricOf(tag).length + 1);
  const sectionOf = (metric) => Object.keys(SECTIONS).find((name) => SECTIONS[name].includes(metric)) ?? "quality";

  /** Train, then validation, then test, then whatever else there is by name. */
  function inOrder(one, other) {
    const place = (split) => (SPLITS.includes(split) ? SPLITS.indexOf(split) : SPLITS.length);
    return place(one) - place(other) || (one < other ? -1 : Number(one > other));
  }

  /** The exponential moving average without the pull of its start; what is no number stays a gap. */
  function smoothed(values, weight) {
    let sum = 0;
    let mass = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = weight * sum + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
      return sum / mass;
    });
  }

  /** Only what is noisy is evened out: scores on held-out rows and settings are shown as they are. */
  const noisy = (metric, split) => metric !== "LearningRate" && metric !== "Memory" && split !== "valid" && split !== "test";

  const logarithmic = (view, metric) => view.log && !SECTIONS.speed.includes(metric);

  /** Stretches of a curve without numbers: from the first such step to the next number, or to the last step. */
  function gaps(curve) {
    const found = [];
    for (let i = 0; i < curve.values.length && found.length < MOST_MARKS; i += 1) {
      if (curve.values[i] !== null) continue;
      const from = curve.steps[i];
      while (i + 1 < curve.values.length && curve.values[i + 1] === null) i += 1;
      found.push({ from, to: curve.steps[i] });
    }
    return found;
  }

  /** The place of the last step that is not behind `step`; -1 if all are. */
  function before(steps, step) {
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // The view: one per component --------------------------------------------------------------------------------------

  function mount(element, props, watch) {
    const view = {
      element, words: props.words, runs: [], charts: new Map(), sections: new Map(), ...recalled(),
      zoom: null, extent: [0, 1], hover: null, dragging: false, polling: false, timer: null, tableTimer: null,
      colours: null, key: `charts-${Math.random().toString(36).slice(2)}`, ends: [],
    };
    build(view);
    recolour(view);
    listen(view);
    watch("value", () => choose(view, props.value));
    choose(view, props.value);
  }

  function build(view) {
    const { words } = view;
    view.controls = controls(view);
    view.key_ = make("ul", { class: "charts-runs", "aria-label": words["charts.runs"] });
    view.note = make("p", { class: "charts-note", role: "status" });
    view.empty = make("p", { class: "charts-empty" });
    view.body = make("div", { class: "charts-body" });
    for (const name of Object.keys(SECTIONS)) {
      const grid = make("div", { class: "charts-grid" });
      const details = make("details", { class: "charts-section", open: name === "quality", hidden: true },
        make("summary", {}, words[`charts.section.${name}`]), grid);
      details.addEventListener("toggle", () => view.charts.forEach((chart) => fit(view, chart)));
      view.sections.set(name, { details, grid });
      view.body.append(details);
    }
    view.table = make("tbody");
    const heads = ["run", "curve", "step", "value"].map((name) => make("th", { scope: "col" }, words[`charts.${name}`]));
    const table = make("table", { class: "charts-unseen" }, make("caption", {}, words["charts.table"]),
      make("thead", {}, make("tr", {}, ...heads)), view.table);
    view.element.replaceChildren(
      make("div", { class: "charts" }, view.controls.bar, view.key_, view.note, view.empty, view.body, table));
  }

  function controls(view) {
    const { words } = view;
    const slider = make("input", { type: "range", min: "0", max: "0.95", step: "0.05", title: words["charts.smoothing.help"] });
    slider.value = String(view.smoothing);
    const amount = make("output", {}, view.smoothing.toFixed(2));
    slider.addEventListener("input", () => {
      view.smoothing = Number(slider.value);
      amount.textContent = view.smoothing.toFixed(2);
      remember(view);
      refreshAll(view);
    });
    const log = make("input", { type: "checkbox" });
    log.checked = view.log;
    log.addEventListener("change", () => {
      view.log = log.checked;
      remember(view);
      refreshAll(view);
    });
    const from = make("input", { type: "number", min: "0", step: "1", inputmode: "numeric", "aria-label": words["charts.from"] });
    const to = make("input", { type: "number", min: "0", step: "1", inputmode: "numeric", "aria-label": words["charts.to"] });
    for (const field of [from, to]) {
      field.addEventListener("change", () => zoomTo(view, Number(from.value || view.extent[0]), Number(to.value || view.extent[1])));
    }
    const reset = make("button", { type: "button", disabled: true }, words["charts.reset"]);
    reset.addEventListener("click", () => zoomTo(view, null));
    const bar = make("div", { class: "charts-bar", role: "group", "aria-label": words["charts.controls"], hidden: true },
      make("label", {}, words["charts.smoothing"], slider, amount),
      make("label", {}, log, words["charts.log"]),
      make("span", { class: "charts-steps" }, words["charts.steps"], from, "–", to, reset));
    return { bar, from, to, reset };
  }

  function listen(view) {
    const wake = () => seen(view.element) && poll(view);
    const drop = () => {
      view.dragging = false;
      refreshStale(view);
    };
    const theme = new MutationObserver(() => repaint(view));
    // A tab that is opened, a section that is unfolded, a phone that is turned: all change a size.
    view.sizes = new ResizeObserver(() => requestAnimationFrame(() => {
      if (!view.element.isConnected) return;
      for (const chart of view.charts.values()) fit(view, chart);
      if (view.timer === null) wake();
    }));
    view.sizes.observe(view.element);
    theme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("mouseup", drop);
    view.ends.push(
      () => view.sizes.disconnect(),
      () => theme.disconnect(),
      () => document.removeEventListener("visibilitychange", wake),
      () => window.removeEventListener("mouseup", drop));
  }

  function repaint(view) {
    recolour(view);
    for (const chart of view.charts.values()) chart.shape = "";
    refreshAll(view);
  }

  function recolour(view) {
    const style = getComputedStyle(view.element.firstElementChild);
    const colour = (name) => style.getPropertyValue(`--charts-${name}`).trim();
    view.colours = { lines: [], font: `11px ${style.fontFamily}` };
    for (let i = 1; i <= COLOURS; i += 1) view.colours.lines.push(colour(i));
    for (const name of ["text", "grid", "alarm", "panel"]) view.colours[name] = colour(name);
    // A style sheet that is still on its way would leave everything black.
    if (!view.colours.text) setTimeout(() => view.element.isConnected && repaint(view), 100);
  }

  // Which runs are shown ---------------------------------------------------------------------------------------------

  function wanted(value) {
    if (!value) return [];
    try {
      const { runs, first } = typeof value === "string" ? JSON.parse(value) : value;
      const list = runs.filter((run, i) => run.id && runs.findIndex((other) => other.id === run.id) === i);
      return [...list.filter((run) => run.id === first), ...list.filter((run) => run.id !== first)];
    } catch {
      return []; // not a value of ours
    }
  }

  function choose(view, value) {
    const old = new Map(view.runs.map((run) => [run.id, run]));
    const first = view.runs[0]?.id;
    view.runs = wanted(value).map((run) => {
      const kept = old.get(String(run.id));
      return kept ? Object.assign(kept, { name: String(run.name ?? run.id), due: 0 }) : newRun(run);
    });
    if (view.runs[0]?.id !== first) view.zoom = null;
    drawRuns(view);
    changed(view);
    poll(view);
  }

  /** With several runs: their colours and names, each a switch that shows or hides the run. */
  function drawRuns(view) {
    view.key_.hidden = view.runs.length < 2;
    view.key_.replaceChildren(...view.runs.map((run, i) => {
      const button = make("button", { type: "button", "aria-pressed": String(run.shown) },
        swatch(`var(--charts-${(i % COLOURS) + 1})`, []), named(run.name));
      button.addEventListener("click", () => {
        run.shown = !run.shown;
        button.setAttribute("aria-pressed", String(run.shown));
        changed(view);
      });
      return make("li", {}, button);
    }));
  }

  // Fetching ---------------------------------------------------------------------------------------------------------

  /** Ask for what is new of every run that is due, draw it, and come back in a second. Never two at a time. */
  async function poll(view) {
    if (view.polling) return;
    clearTimeout(view.timer);
    if (!view.element.isConnected) return end(view);
    if (seen(view.element) && view.runs.length) {
      view.polling = true;
      const due = view.runs.filter((run) => run.due <= performance.now());
      const touched = await Promise.all(due.map((run) => ask(view, run)));
      view.polling = false;
      if (!view.element.isConnected) return end(view);
      tell(view);
      if (due.length) changed(view, new Set(touched.flatMap((metrics) => [...metrics])));
    }
    view.timer = setTimeout(() => poll(view), SECOND / 2);
  }

  async function ask(view, run) {
    const url = new URL(`curves/${encodeURIComponent(run.id)}`, document.baseURI);
    if (run.cursor !== null) url.searchParams.set("since", run.cursor);
    let touched = [];
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
      if (response.status === 404) Object.assign(run, { over: true, answered: true }); // deleted, or not begun
      else if (response.ok) touched = take(run, await response.json());
      else throw new Error(String(response.status));
      run.failures = 0;
    } catch {
      run.failures += 1;
    }
    const wait = run.failures ? Math.min(LONGEST_WAIT, SECOND * 2 ** run.failures) : run.over ? POLL_OVER : SECOND;
    run.due = performance.now() + wait - SECOND / 4;
    return view.runs.includes(run) ? touched : [];
  }

  function tell(view) {
    const lost = view.runs.some((run) => run.failures);
    const text = lost ? view.words["charts.lost"] : "";
    if (view.note.textContent !== text) view.note.textContent = text;
  }

  function end(view) {
    for (const chart of view.charts.values()) chart.plot?.destroy();
    for (const stop of view.ends) stop();
    clearTimeout(view.tableTimer);
  }

  // Drawing ----------------------------------------------------------------------------------------------------------

  /** Bring the page in line with the points held. `metrics`: those that changed; all where it is left out. */
  function changed(view, metrics = null) {
    const counts = view.runs.flatMap((run) => [...run.curves.values()].map((curve) => curve.steps.length));
    view.element.dataset.points = String(counts.reduce((sum, count) => sum + count, 0));
    sayWhy(view, counts.length > 0);
    const stretched = measure(view);
    arrange(view);
    for (const chart of view.charts.values()) {
      if (!metrics || metrics.has(chart.metric)) refresh(view, chart);
      else if (stretched && !chart.stale) chart.plot?.redraw();
    }
    tabulate(view);
  }

  function sayWhy(view, any) {
    const { words, runs } = view;
    let why = "";
    if (!runs.length) why = words["charts.none"];
    else if (!any) why = runs.every((run) => run.answered && run.over) ? words["charts.without"] : words["charts.waiting"];
    view.empty.hidden = why === "";
    if (view.empty.textContent !== why) view.empty.textContent = why;
    view.controls.bar.hidden = !any;
  }

  /** The first and last step of all that is shown; whether they moved. Every chart spans them unless zoomed in. */
  function measure(view) {
    const curves = view.runs.filter((run) => run.shown).flatMap((run) => [...run.curves.values()]);
    const first = Math.min(...curves.map(({ steps }) => steps[0]));
    const last = Math.max(...curves.map(({ steps }) => steps[steps.length - 1]));
    const extent = curves.length ? [first, last > first ? last : first + 1] : [0, 1];
    const moved = extent[0] !== view.extent[0] || extent[1] !== view.extent[1];
    view.extent = extent;
    if (moved) showZoom(view);
    return moved && !view.zoom;
  }

  function zoomTo(view, from, to) {
    view.zoom = from === null || !(to > from) ? null : [from, to];
    showZoom(view);
    for (const chart of view.charts.values()) chart.plot?.redraw();
  }

  function showZoom(view) {
    const { from, to, reset } = view.controls;
    const [low, high] = view.zoom ?? view.extent;
    if (document.activeElement !== from) from.value = String(Math.round(low));
    if (document.activeElement !== to) to.value = String(Math.round(high));
    reset.disabled = view.zoom === null;
    view.element.dataset.zoom = view.zoom ? `${low} ${high}` : "";
  }

  /** A chart for every metric that some run has, in its section: Loss first, the others by name. */
  function arrange(view) {
    const metrics = new Set(view.runs.flatMap((run) => [...run.curves.keys()].map(metricOf)));
    for (const [metric, chart] of view.charts) {
      if (metrics.has(metric)) continue;
      view.sizes.unobserve(chart.host);
      chart.plot?.destroy();
      chart.figure.remove();
      view.charts.delete(metric);
    }
    const fresh = [...metrics].filter((metric) => !view.charts.has(metric));
    for (const metric of fresh) view.charts.set(metric, newChart(view, metric));
    if (fresh.length) {
      const sorted = [...view.charts.values()].sort((one, other) =>
        Number(other.metric === "Loss") - Number(one.metric === "Loss") || (one.metric < other.metric ? -1 : 1));
      for (const chart of sorted) view.sections.get(sectionOf(chart.metric)).grid.append(chart.figure);
    }
    for (const { details, grid } of view.sections.values()) details.hidden = !grid.childElementCount;
  }

  function newChart(view, metric) {
    const spaced = metric.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
    const title = known(view.words, `charts.metric.${metric}`, spaced);
    const at = make("span", { class: "charts-at" });
    const legend = make("div", { class: "charts-legend" });
    const host = make("div", { class: "charts-plot" });
    const caption = make("figcaption", {}, make("div", { class: "charts-title" }, make("strong", {}, title), at), legend);
    const figure = make("figure", { class: "charts-chart" }, caption, host);
    figure.dataset.metric = metric;
    view.sizes.observe(host);
    return { metric, title, at, legend, host, figure, plot: null, shape: "", stale: true, curves: [], outputs: [] };
  }

  /** The curves of one chart, first by run, then by split; with one run each split has a colour of its own. */
  function curvesOf(view, metric) {
    const tagsOf = (run) => [...run.curves.keys()].filter((tag) => metricOf(tag) === metric);
    const splits = [...new Set(view.runs.flatMap(tagsOf).map(splitOf))].sort(inOrder);
    const style = (split) => (SPLITS.includes(split) ? SPLITS.indexOf(split) : splits.indexOf(split));
    return view.runs.flatMap((run, place) => !run.shown ? [] : tagsOf(run)
      .sort((one, other) => inOrder(splitOf(one), splitOf(other)))
      .map((tag) => {
        const split = splitOf(tag);
        const curve = run.curves.get(tag);
        return {
          run, tag, split, curve, gaps: gaps(curve), dash: DASHES[style(split) % DASHES.length],
          colour: (view.runs.length > 1 ? place : style(split)) % COLOURS,
          smooth: view.smoothing > 0 && noisy(metric, split), sparse: curve.steps.length <= SPARSE,
        };
      }));
  }

  const refreshAll = (view) => view.charts.forEach((chart) => refresh(view, chart));
  const refreshStale = (view) => view.charts.forEach((chart) => chart.stale && refresh(view, chart));

  /** How wide a chart can be drawn now: 0 in a folded section, whose inside has a size but is not shown. */
  const room = (chart) => (chart.figure.closest("details")?.open ? chart.host.clientWidth : 0);

  /** Draw a chart anew; one that has no size now (closed, hidden) or that is being zoomed in is drawn later. */
  function refresh(view, chart) {
    chart.stale = true;
    if (!room(chart) || view.dragging) return;
    chart.stale = false;
    chart.curves = curvesOf(view, chart.metric);
    const shape = JSON.stringify([view.log, chart.curves.map((c) => [c.run.id, c.tag, c.colour, c.smooth, c.sparse, c.run.name])]);
    if (shape === chart.shape) chart.plot.setData(columns(view, chart));
    else plot(view, chart, shape);
    readout(view, chart);
  }

  function fit(view, chart) {
    const width = room(chart);
    if (!width) return;
    if (chart.plot && chart.plot.width !== width) chart.plot.setSize({ width, height: HEIGHT });
    if (chart.stale) refresh(view, chart);
  }

  /** One x column for all curves of a chart, then raw and evened-out values. null is a gap, undefined another's step. */
  function columns(view, chart) {
    const positive = (values) => (logarithmic(view, chart.metric) ? values.map((value) => (value > 0 ? value : null)) : values);
    const tables = chart.curves.map(({ curve, smooth }) => [curve.steps, positive(curve.values),
      ...(smooth ? [positive(smoothed(curve.values, view.smoothing))] : [])]);
    return tables.length ? uPlot.join(tables) : [[]];
  }

  function plot(view, chart, shape) {
    chart.plot?.destroy();
    chart.shape = shape;
    chart.plot = new uPlot(options(view, chart), columns(view, chart), chart.host);
    const canvas = chart.plot.ctx.canvas;
    canvas.setAttribute("role", "img");
    const names = chart.curves.map((curve) => nameOf(view, curve)).join("; ");
    canvas.setAttribute("aria-label", `${chart.title}: ${names}. ${view.words["charts.see"]}`);
    drawLegend(view, chart);
  }

  function options(view, chart) {
    const colours = () => view.colours;
    const axis = { stroke: () => colours().text, font: colours().font, ticks: { show: false } };
    const log = logarithmic(view, chart.metric);
    const grid = { stroke: () => colours().grid, width: 1, ...(log && { filter: decades }) };
    const wide = (u, labels) => 14 + 6.2 * Math.max(5, ...(labels ?? []).map((label) => label.length));
    return {
      width: chart.host.clientWidth, height: HEIGHT, padding: [10, 22, 0, 0], legend: { show: false },
      scales: {
        x: { time: false, range: () => view.zoom ?? view.extent },
        y: log ? { distr: 3, range: (u, low, high) => uPlot.rangeLog(low ?? 0.1, high ?? 1, 10, false) }
          : { range: (u, low, high) => (low === null ? [0, 1] : uPlot.rangeNum(low, high, 0.08, true)) },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 26, gap: 6, space: 56, incrs: STEPS, values: (u, splits) => splits.map((step) => tick(step)) },
        { ...axis, grid, size: wide, gap: 6, space: 34, values: (u, splits) => splits.map((value) => tick(value, chart.metric, log)) },
      ],
      series: [{}, ...chart.curves.flatMap((curve) => lines(view, curve))],
      cursor: {
        y: false, sync: { key: view.key, scales: ["x", null] }, drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 7, width: 1 }, dataIdx: nearest,
        bind: {
          dblclick: () => () => zoomTo(view, null),
          mousedown: (u, target, handler) => (event) => {
            view.dragging = event.button === 0;
            return handler(event);
          },
        },
      },
      hooks: {
        setSelect: [(u) => selected(view, u)],
        setCursor: [() => readout(view, chart)],
        drawClear: [(u) => marks(view, chart, u)],
        draw: [(u) => explain(view, chart, u), (u) => Object.assign(chart.figure.dataset, { x: span(u.scales.x), y: span(u.scales.y) })],
      },
    };
  }

  /** Over many powers of ten a logarithmic grid has lines at these only. */
  function decades(u, splits) {
    const { min, max } = u.scales.y;
    return max / min < 50 ? splits : splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-6 ? value : null));
  }

  const span = ({ min, max }) => `${min} ${max}`;

  function lines(view, { colour, dash, smooth, sparse, run }) {
    const width = run === view.runs[0] ? 2 : 1.5;
    const line = { stroke: () => view.colours.lines[colour], dash, width, points: { show: false } };
    const dots = { show: sparse, size: 5, width: 1, fill: () => view.colours.lines[colour] };
    return smooth ? [{ ...line, alpha: 0.28, width: 1, dash: [] }, { ...line, points: dots }] : [{ ...line, points: dots }];
  }

  /** For the dot under the cursor: the latest point of this curve at or before the place pointed at. */
  function nearest(u, series, place) {
    const column = u.data[series];
    if (series === 0) return place;
    let i = place;
    while (i > 0 && column[i] === undefined) i -= 1;
    return i;
  }

  function selected(view, u) {
    const { left, width } = u.select;
    if (width < 5) return;
    const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")].map(Math.round);
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (to > from) zoomTo(view, from, to);
  }

  const gapsIn = (chart, { min, max }) =>
    chart.curves.flatMap((curve) => curve.gaps).filter(({ from, to }) => to >= min && from <= max);

  /** Where a curve has no numbers: a pale band and a line at its start. */
  function marks(view, chart, u) {
    const { ctx, bbox } = u;
    const unit = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = ctx.strokeStyle = view.colours.alarm;
    ctx.lineWidth = 1.5 * unit;
    ctx.setLineDash([3 * unit, 3 * unit]);
    for (const { from, to } of gapsIn(chart, u.scales.x)) {
      const [left, right] = [u.valToPos(from, "x", true), u.valToPos(to, "x", true)];
      ctx.globalAlpha = 0.1;
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.moveTo(left, bbox.top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** At the first mark, above all lines, what it means. */
  function explain(view, chart, u) {
    const shown = gapsIn(chart, u.scales.x);
    if (!shown.length) return;
    const { ctx, bbox } = u;
    const unit = devicePixelRatio;
    const text = view.words["charts.nan"];
    const place = Math.max(bbox.left, u.valToPos(Math.min(...shown.map(({ from }) => from)), "x", true));
    ctx.save();
    ctx.font = view.colours.font.replace(/^[\d.]+/, (size) => String(size * unit));
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    const width = ctx.measureText(text).width + 8 * unit;
    const left = place > bbox.left + bbox.width / 2 ? place - width - 3 * unit : place + 3 * unit;
    ctx.fillStyle = view.colours.panel;
    ctx.fillRect(left, bbox.top + unit, width, 16 * unit);
    ctx.fillStyle = view.colours.alarm;
    ctx.fillText(text, left + 4 * unit, bbox.top + 3 * unit);
    ctx.restore();
  }

  // Words beside the curves ------------------------------------------------------------------------------------------

  const splitName = (view, split) => known(view.words, `charts.split.${split}`, split.replaceAll("_", " "));

  function nameOf(view, { run, split }) {
    const name = splitName(view, split);
    if (view.runs.length < 2) return name;
    return name ? `${run.name}, ${name}` : run.name;
  }

  /** The key of a chart with a value for each curve: a list, or with several runs a table of runs by splits. */
  function drawLegend(view, chart) {
    chart.outputs = chart.curves.map(() => make("span", { class: "charts-value" }));
    chart.legend.replaceChildren(view.runs.length < 2 ? listed(view, chart) : tabled(view, chart));
  }

  function listed(view, { curves, outputs }) {
    const entry = ({ split, colour, dash }, i) => {
      const name = splitName(view, split);
      return make("li", {}, swatch(`var(--charts-${colour + 1})`, dash), ...(name ? [named(name)] : []), outputs[i]);
    };
    return make("ul", {}, ...curves.map(entry));
  }

  function tabled(view, { curves, outputs }) {
    const splits = [...new Map(curves.map(({ split, dash }) => [split, dash]))].sort(([one], [other]) => inOrder(one, other));
    const heads = splits.map(([split, dash]) =>
      make("th", { scope: "col" }, swatch("var(--charts-text)", dash), splitName(view, split)));
    const rows = view.runs.filter((run) => curves.some((curve) => curve.run === run)).map((run) => {
      const place = (split) => curves.findIndex((curve) => curve.run === run && curve.split === split);
      const colour = curves.find((curve) => curve.run === run).colour;
      return make("tr", {}, make("th", { scope: "row" }, swatch(`var(--charts-${colour + 1})`, []), named(run.name)),
        ...splits.map(([split]) => make("td", {}, outputs[place(split)] ?? "")));
    });
    return make("table", {}, make("thead", {}, make("tr", {}, make("td"), ...heads)), make("tbody", {}, ...rows));
  }

  const named = (name) => make("span", { class: "charts-name", title: name }, name);

  /** A short piece of line as it is drawn in the chart. */
  function swatch(colour, dash) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS(svg.namespaceURI, "line");
    const attributes = { x1: 0, y1: 5, x2: 22, y2: 5, "stroke-width": 2.5, "stroke-dasharray": dash.join(" ") };
    for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
    line.style.stroke = colour;
    for (const [name, value] of [["viewBox", "0 0 22 10"], ["preserveAspectRatio", "xMinYMid slice"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
    svg.append(line);
    return svg;
  }

  /** Values under the cursor, or the last ones where nothing is pointed at. */
  function readout(view, chart) {
    const u = chart.plot;
    const place = u?.cursor.idx;
    const step = u && u.cursor.left >= 0 && place !== null && place !== undefined ? u.data[0][place] : undefined;
    const last = Math.max(...chart.curves.map(({ curve }) => curve.steps[curve.steps.length - 1]));
    chart.at.textContent = chart.curves.length ? filled(view.words["charts.at"], "step", whole.format(step ?? last)) : "";
    chart.curves.forEach(({ curve }, i) => {
      const found = step === undefined ? curve.steps.length - 1 : before(curve.steps, step);
      const text = found < 0 ? "–" : valueText(view, curve.values[found], chart.metric);
      if (chart.outputs[i] && chart.outputs[i].textContent !== text) chart.outputs[i].textContent = text;
    });
  }

  const valueText = (view, value, metric) => (value === null ? view.words["charts.nan"] : numeral(value, metric));

  /** The last values as a table for those who do not see the charts; written anew every few seconds at most. */
  function tabulate(view) {
    if (view.tableTimer !== null) return;
    const write = () => {
      view.tableTimer = null;
      view.table.replaceChildren(...view.runs.flatMap((run) => [...run.curves].map(([tag, { steps, values }]) => {
        const title = view.charts.get(metricOf(tag))?.title ?? metricOf(tag);
        const curve = [title, splitName(view, splitOf(tag))].filter(Boolean).join(", ");
        const last = steps.length - 1;
        return make("tr", {}, make("th", { scope: "row" }, run.name), make("td", {}, curve),
          make("td", {}, whole.format(steps[last])), make("td", {}, valueText(view, values[last], metricOf(tag))));
      })));
    };
    if (!view.table.childElementCount) write();
    view.tableTimer = setTimeout(write, TABLE_EVERY);
  }

  window.studioCharts = { mount };
})();

// The real TensorBoard of one run in a frame: loaded when it can be seen, asked to reload while it is looked at.
(() => {
  "use strict";
  const RELOAD = 1800; // while a run is at work; its own automatic reload waits at least 30 seconds
  const RARELY = 15000; // otherwise
  const LOOK = 500;
  const SETTINGS = "_tb_global_settings"; // where TensorBoard keeps its own in the browser

  const seen = (element) => !document.hidden && element.isConnected && element.getClientRects().length > 0;

  /** Without its settings pane TensorBoard fits beside other things; who opens the pane keeps it. */
  function preset() {
    try {
      const kept = JSON.parse(localStorage.getItem(SETTINGS)) || {};
      if (!("timeSeriesSettingsPaneOpened" in kept)) {
        localStorage.setItem(SETTINGS, JSON.stringify({ ...kept, timeSeriesSettingsPaneOpened: false }));
      }
    } catch {
      // storage is blocked: the pane is open
    }
  }

  function address(run) {
    const url = new URL(`tensorboard/${encodeURIComponent(run)}/`, document.baseURI);
    url.searchParams.set("darkMode", String(document.body.classList.contains("dark")));
    url.hash = "timeseries";
    return url.href;
  }

  function mount(element, props, watch) {
    const { words } = props;
    const link = document.createElement("a");
    Object.assign(link, { target: "_blank", rel: "noopener", textContent: words["charts.tensorboard.open"] });
    const empty = document.createElement("p");
    Object.assign(empty, { className: "charts-empty", textContent: words["charts.tensorboard.none"] });
    const box = document.createElement("div");
    box.className = "charts-tensorboard";
    element.replaceChildren(box);
    let shown = null;
    let reloaded = 0;

    function show() {
      const run = props.value || "";
      const wanted = run && address(run);
      if (wanted === shown || (run && !seen(element))) return;
      shown = wanted;
      reloaded = performance.now();
      if (!run) return box.replaceChildren(empty);
      preset();
      link.href = wanted;
      const frame = document.createElement("iframe"); // a new one each time, so that "back" does not walk through runs
      Object.assign(frame, { title: "TensorBoard", src: wanted });
      box.replaceChildren(link, frame);
    }

    function reload() {
      const due = document.querySelector("#run-bar .idle") ? RARELY : RELOAD;
      if (!seen(element) || performance.now() - reloaded < due) return;
      const button = box.querySelector("iframe")?.contentDocument?.querySelector(".reload-button");
      if (!button || button.classList.contains("loading")) return;
      reloaded = performance.now();
      button.click();
    }

    function look() {
      if (!element.isConnected) return sizes.disconnect();
      show();
      reload();
      setTimeout(look, LOOK);
    }

    const sizes = new ResizeObserver(() => requestAnimationFrame(show)); // a tab that is opened
    sizes.observe(element);
    watch("value", show);
    look();
  }

  window.studioTensorboard = { mount };
})();
