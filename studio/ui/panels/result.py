"""The panel Result: how good a run's model is, where it errs, with the rows behind every number, and trying it.

The panel looks at the run that is selected on the page. What is pressed in a table says places in the result, which is
read afresh each time, so nothing is lost when the server restarts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.markup import Html, joined
from studio.ui.panels import result_classes as classes
from studio.ui.panels import result_examples as examples
from studio.ui.panels import result_numbers as numbers
from studio.ui.panels import result_score as score
from studio.ui.panels import result_several as several
from studio.ui.panels import result_try as trying
from studio.ui.panels.result_classes import Order
from studio.ui.panels.result_confidence import confidence
from studio.ui.panels.result_examples import Context
from studio.ui.shared import QUIET, Data, Page, asked, asking_html, live_html, static_html
from studio.ui.words import Say
from studio.ui.work import problem

CHOOSING = "element.addEventListener('change', (event) => trigger('asked', {ask: event.target.value}))"
SLIDING = "window.studioResult.sliding(element)"
_INFO = {"spans": "words", "words": "gap"}  # what to write into the field, by what is answered
SHOWN = "() => window.studioResult.shown()"


@dataclass(frozen=True)
class Panel:
    """The parts that change with the run."""

    chooser: gr.HTML
    state: gr.HTML
    head: gr.HTML
    body: gr.Column
    trying: trying.Parts
    classes: gr.HTML
    matrix: gr.HTML
    pairs: gr.HTML
    examples: gr.HTML
    confidence: gr.HTML
    metrics: gr.HTML


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    panel = _layout(page)

    def refresh(run: str) -> dict[Any, Any]:
        return shown(page, panel, run)

    def choose(event: gr.EventData) -> str:
        return str(trying.known(page, asked(event))["run"])

    def listed(run: str) -> str:
        return str(score.chooser(page.studio.runs(), run, page.say))

    def press(run: str, event: gr.EventData) -> tuple[Any, Any]:
        return pressed(page, run, asked(event))

    changing = [part for part in _parts(panel) if part is not panel.state]
    page.run.change(None, page.run, panel.state, js="(run) => run", queue=False, api_visibility="private")
    # Once for each thing that happened: a second answer would come late and undo what was pressed in between.
    for event in (panel.state.seen, panel.state.moved):
        event(page.handler(refresh), page.run, changing, **QUIET)
    tab.select(page.handler(listed), page.run, panel.chooser, **QUIET)
    panel.chooser.asked(page.handler(choose), None, page.run, **QUIET)
    for part in (panel.classes, panel.matrix, panel.pairs, panel.examples):
        opened = part.asked(page.handler(press), page.run, [panel.classes, panel.examples], **QUIET)
        opened.success(None, js=SHOWN, queue=False, api_visibility="private")


def _layout(page: Page) -> Panel:
    say = page.say

    def look(question: Data) -> Data:
        return looked(page, question["id"])

    static_html(score.heading("result", say))
    chooser = gr.HTML(
        str(score.chooser([], "", say)), elem_id="result-chooser", apply_default_css=False, js_on_load=CHOOSING
    )
    state = live_html(page, look, "result-state", say("result.title"))
    head = static_html(elem_id="result-head")
    with gr.Column(visible=False, elem_id="result-body") as body:
        parts = trying.build(page)
        with gr.Row(elem_classes=["result-where"]):
            by_class = asking_html(elem_id="result-classes")
            matrix = asking_html(elem_id="result-matrix")
            with gr.Column(elem_classes=["result-side"]):
                pairs = asking_html(elem_id="result-pairs")
                sure = gr.HTML("", elem_id="result-confidence", apply_default_css=False, js_on_load=SLIDING)
        rows = asking_html(elem_id="result-examples")
        metrics = static_html(elem_id="result-metrics")
    return Panel(chooser, state, head, body, parts, by_class, matrix, pairs, rows, sure, metrics)


def _parts(panel: Panel) -> list[Any]:
    own = [getattr(panel, name) for name in panel.__dataclass_fields__ if name != "trying"]
    return own + [getattr(panel.trying, name) for name in panel.trying.__dataclass_fields__]


def looked(page: Page, run: str) -> Data:
    """The live part: why there is no result yet, and what changes when there is one."""
    if not run:
        return {"html": str(score.state(None, page.say)), "state": ""}
    record = page.studio.show(run)
    return {"html": str(score.state(record, page.say)), "state": f"{record['status']} {bool(record['metrics'])}"}


def shown(page: Page, panel: Panel, run: str) -> dict[Any, Any]:
    """Every part for the selected run. A run that cannot be read says so and shows nothing else."""
    say, trial = page.say, panel.trying
    chooser = str(score.chooser(page.studio.runs(), run, say))
    empty = {panel.chooser: chooser, panel.head: "", panel.body: gr.Column(visible=False)}
    if not run:
        return empty
    try:
        record = trying.known(page, run)
        summary = page.studio.results.summary(record["run"])
    except StudioError as error:
        return empty | {panel.head: str(problem(error, say))}
    if summary["value"] is None:
        return empty
    is_image = trying.modality(page, record["task"]) == trying.IMAGE
    wanted = "characters" if record["facts"].get("characters") else _INFO.get(summary["answer"], "text")
    return {
        panel.chooser: chooser,
        panel.head: str(score.headline(summary, say)),
        panel.body: gr.Column(visible=True),
        trial.words: gr.Textbox(
            value="",
            visible=not is_image,
            info=say(f"result.try.{wanted}.info"),
            label=trying.asked_for(page, record["task"], 0),
        ),
        trial.second: gr.Textbox(
            value="",
            visible=len(trying.texts(page, record["task"])) > 1,
            label=trying.asked_for(page, record["task"], 1),
        ),
        trial.image: gr.Image(value=None, visible=is_image),
        trial.suggested: str(trying.suggested(page, record["run"], record["dataset"])),
        trial.answer: str(trying.place(page)),
        trial.file: gr.File(value=None),
        trial.outcome: "",
    } | _details(page, panel, record, summary)


def _details(page: Page, panel: Panel, record: Data, summary: Data) -> dict[Any, Any]:
    say, metrics = page.say, summary["metrics"]
    points = page.studio.results.by_confidence(record["run"])
    columns = [(say(f"result.{split}"), metrics.get(split, {})) for split in ("valid", "test")]
    if summary["answer"] == "words":
        columns.append((say("result.before"), summary["baseline"].get("probe") or {}))
    return {
        panel.classes: str(_by_class(summary, say)),
        panel.matrix: str(_mistaken(summary, say)),
        panel.pairs: str(classes.pairs(summary["confusion"], say)),
        panel.examples: str(listing(page, record, summary, "sure@0")),
        panel.confidence: str(confidence(points, summary["answer"] == "spans", say)),
        panel.metrics: str(score.metrics_table(columns, say, summary["answer"])),
    }


def _by_class(summary: Data, say: Say) -> Html:
    """Class by class, or, of numbers, what is true beside what was said."""
    return numbers.scatter(summary, say) if summary.get("points") else classes.class_table(summary, Order(), say)


def _mistaken(summary: Data, say: Say) -> Html:
    """Which classes are taken for which, or, where they do not exclude each other, the counts of each."""
    return several.counts(summary, say) if summary["answer"] == "labels" else classes.confusion(summary, say)


def listing(page: Page, record: Data, summary: Data, ask: str) -> Html:
    """The rows that a press asks for."""
    if not summary["rows"]:
        return joined()
    wanted = examples.wanted(ask, summary, page.say)
    found = page.studio.results.examples(record["run"], **wanted.choice, start=wanted.start, count=examples.PAGE)
    return examples.listing(wanted, found, Context(record["dataset"], trying.kinds(summary)), page.say)


def pressed(page: Page, run: str, ask: str) -> tuple[Any, Any]:
    """A press in a table: another order of the classes, or other rows."""
    record = trying.known(page, run)
    summary = page.studio.results.summary(record["run"])
    order = classes.order(ask)
    if order is not None:
        return str(classes.class_table(summary, order, page.say)), gr.skip()
    return gr.skip(), str(listing(page, record, summary, ask))
