"""The panel Live: one run as it goes, its curves beside others', the run doctor, TensorBoard, history and log.

Wires components to lookups; what they show is drawn in the modules beside this one.
"""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.charts import curves_component, curves_value, tensorboard_component
from studio.ui.markup import Html, joined
from studio.ui.panels import live_control, live_doctor, live_head, live_log
from studio.ui.panels.live_control import Controls, Update, given
from studio.ui.panels.live_follow import Follower
from studio.ui.shared import (
    ACTING,
    ALONE,
    QUIET,
    Data,
    Page,
    answering,
    asked,
    asking_html,
    live_html,
    nothing_yet,
    status_word,
)

MOST_COMPARED = 7  # beside the run itself: as many as there are colours
_IDS = "(ids) => (ids || []).join(' ')"


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    follower = Follower(page.studio)
    say = page.say
    chooser, others, chosen = _choice(page)
    head = live_html(page, lambda question: shown(page, follower, question["id"]), "live-head", say("live.title"))
    controls = live_control.build(page)
    doctor = asking_html(elem_id="live-doctor")
    with gr.Tabs(elem_id="live-views"):
        with gr.Tab(say("live.charts"), id="charts"):
            curves = curves_component(say, "live-curves")
        with gr.Tab(say("live.tensorboard"), id="tensorboard"):
            tensorboard = tensorboard_component(say, "live-tensorboard")
    with gr.Accordion(say("live.log"), open=False, elem_id="live-log-box"):
        log = live_html(page, lambda question: written(page, question["id"]), "live-log", say("live.log"))

    page.run.change(None, page.run, [head, log, tensorboard], js="(id) => [id, id, id]", **ALONE)
    for event in (page.run.change, chosen.change):
        event(page.handler(lambda *ids: drawn(page, *ids)), [page.run, chosen], curves, **QUIET)
    _choosing(page, (page.run.change, tab.select, head.moved), (chooser, others, chosen))
    _following(page, head, controls, doctor)
    live_control.wire(page, controls)


def _choice(page: Page) -> tuple[gr.Dropdown, gr.Dropdown, gr.Textbox]:
    """The two lists of runs, and where the ids stand that are compared, with spaces between."""
    say = page.say
    with gr.Row(elem_classes=["live-choice"]):
        chooser = gr.Dropdown(
            [], value=None, label=say("live.run"), info=say("live.run.info"), elem_id="live-run", scale=2
        )
        others = gr.Dropdown(
            [],
            value=[],
            multiselect=True,
            max_choices=MOST_COMPARED,
            label=say("live.compare"),
            info=say("live.compare.info"),
            elem_id="live-compare",
            scale=3,
        )
    return chooser, others, gr.Textbox("", visible="hidden", label="compared")


def _choosing(page: Page, events: tuple[Any, ...], choice: tuple[gr.Dropdown, gr.Dropdown, gr.Textbox]) -> None:
    """What is chosen goes through the browser, so it outlives the server. Upon `events` the lists are drawn up anew:
    they say how each run stands."""
    chooser, others, compared = choice

    def listed(run: str, compared: str) -> tuple[Update, Update]:
        return choices(page, run, compared)

    for event in events:
        event(page.handler(listed), [page.run, compared], [chooser, others], **QUIET)
    chooser.input(None, chooser, page.run, js="(id) => id || ''", **ALONE)
    others.input(None, others, compared, js=_IDS, **ALONE)


def _following(page: Page, head: gr.HTML, controls: Controls, doctor: gr.HTML) -> None:
    """Real controls follow the run's state; a press on the run doctor's button shows the run that it began."""

    def chosen(run: str) -> list[Update]:
        return [*live_control.fitting(page, run), str(findings(page, run))]

    def moved(run: str) -> list[Update]:
        return [*live_control.fitting(page, run, asking=True), str(findings(page, run))]

    def fixed(run: str, event: gr.EventData) -> str:
        return live_doctor.carry_out(page.studio, given(run), asked(event))

    parts = [*controls.shown, doctor]
    page.run.change(page.handler(chosen), page.run, parts, **QUIET)
    for event in (head.seen, head.moved):
        event(page.handler(moved), page.run, parts, **QUIET)
    answering(doctor)(page.handler(fixed), page.run, page.run, **ACTING)


def shown(page: Page, follower: Follower, run: str) -> Data:
    """The head of a run for a live part. Its state changes with the run's status and what the run doctor finds."""
    if not run:  # none is chosen, or none yet: the page has just been opened
        return {"html": "" if page.studio.runs() else str(nothing_yet(page.say, "run")), "state": ""}
    look = follower.look(run, time.time())
    found = " ".join(str(finding["code"]) for finding in look.findings)
    silent = " silent" if look.record["silent"] else ""
    return {"html": str(live_head.head(look, page.say)), "state": f"{look.status} {found}{silent}"}


def written(page: Page, run: str) -> Data:
    """History and log of a run for a live part."""
    if not run:
        return {"html": "", "state": ""}
    timeline = page.studio.results.timeline(run)
    log = live_log.log(run, page.studio.log(run, live_log.BYTES), page.say)
    return {"html": str(joined(live_log.history(timeline, page.say), log)), "state": ""}


def findings(page: Page, run: str) -> Html:
    """The run doctor's cards; nothing where no run is chosen, or where it is gone: the head says so."""
    try:
        found = (page.studio.results.health(run), page.studio.show(run)["status"]) if run else None
    except StudioError:
        return joined()
    return live_doctor.cards(*found, page.say) if found else joined()


def drawn(page: Page, run: str, compared: str) -> str:
    """The value of the curves: the run, and the others that are compared with it."""
    names = {str(item["run"]): str(item["name"]) for item in page.studio.runs()}
    wanted = list(dict.fromkeys([run, *(compared or "").split()]))[: MOST_COMPARED + 1]
    return curves_value([(reference, names[reference]) for reference in wanted if reference in names], run)


def choices(page: Page, run: str, compared: str) -> tuple[Update, Update]:
    """Both lists of runs with what is chosen in them."""
    runs = page.studio.runs()
    entries = [(f"{item['name']} · {status_word(item['status'], page.say)}", str(item["run"])) for item in runs]
    known = [reference for _, reference in entries]
    rest = [entry for entry in entries if entry[1] != run]
    kept = [reference for reference in compared.split() if reference in known and reference != run]
    return (
        gr.update(choices=entries, value=run if run in known else None),
        gr.update(choices=rest, value=kept[:MOST_COMPARED]),
    )
