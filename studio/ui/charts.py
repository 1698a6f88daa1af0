"""Live curves and the embedded TensorBoard, as two Gradio components.

Python only says which runs to show and in which words. The browser does the rest (assets/page/charts.js): it fetches
the points from `curves/<run>` beside the page, draws them, and keeps zoom, smoothing and scale to itself, so that no
event handler is busy while somebody watches.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from string import Formatter

import gradio as gr

from studio.ui.words import Say
from studio.ui.words.charts import WORDS

HEAD = (
    '<link rel="stylesheet" href="assets/vendor/uplot/uPlot.min.css">'
    '<link rel="stylesheet" href="assets/page/charts.css">'
    '<script src="assets/vendor/uplot/uPlot.iife.min.js"></script>'
    '<script src="assets/page/charts.js"></script>'
)
# Gradio does not wait for a script that the page itself already names, so this does.
_MOUNT = """
const mount = () => window.{0} ? window.{0}.mount(element, props, watch) : setTimeout(mount, 50);
mount();
"""


def curves_component(say: Say, elem_id: str = "curves") -> gr.HTML:
    """The curves of some runs, up to date within about a second while they can be seen.

    Its value comes from `curves_value`; "" shows the empty state. Inside it `data-points` is the number of points held,
    and `data-zoom` the steps zoomed in on.
    """
    return _component(say, elem_id, "studioCharts")


def tensorboard_component(say: Say, elem_id: str = "tensorboard") -> gr.HTML:
    """TensorBoard of one run in a frame, loaded when it can be seen and reloaded every few seconds.

    Its value is the run's id; "" shows the empty state.
    """
    return _component(say, elem_id, "studioTensorboard")


def curves_value(runs: Iterable[tuple[str, str]], first: str = "") -> str:
    """The value of `curves_component` that shows `runs`, pairs of id and name; "" if there are none.

    The run with the id `first` is drawn first and strongest. Names may hold anything.
    """
    shown = [{"id": reference, "name": name} for reference, name in runs]
    if not shown:
        return ""
    # No "<": Gradio warns of values that look like scripts.
    return json.dumps({"runs": shown, "first": first}).replace("<", "\\u003c")


def _component(say: Say, elem_id: str, script: str) -> gr.HTML:
    return gr.HTML(
        "",
        html_template="",
        js_on_load=_MOUNT.format(script),
        head=HEAD,
        apply_default_css=False,
        elem_id=elem_id,
        words={key: _said(say, key) for key in WORDS},
    )


def _said(say: Say, key: str) -> str:
    """The words under a key; what is to be filled in stays as it is, for the browser."""
    names = [name for _, name, _, _ in Formatter().parse(WORDS[key][0]) if name]
    return say(key, **{name: f"{{{name}}}" for name in names})
