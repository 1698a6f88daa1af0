"""The panel Runs: every run in a list that is searched as you type, one selected, several compared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.charts import curves_component, curves_value
from studio.ui.markup import Html, element, joined
from studio.ui.panels import runs_actions, runs_compare, runs_list, runs_room
from studio.ui.panels.live_control import Update
from studio.ui.panels.live_follow import OVER, worked
from studio.ui.panels.runs_actions import Actions
from studio.ui.panels.runs_list import PAGE, Entry
from studio.ui.shared import (
    ALONE,
    QUIET,
    Data,
    Page,
    answering,
    asked,
    asking_html,
    live_html,
    nothing_yet,
    static_html,
    status_word,
)

_IDS = "(ids) => (ids || []).join(' ')"
_SEARCHED = 200  # characters of a search


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    say = page.say
    with gr.Row(elem_classes=["runs-panel"]):
        with gr.Column(scale=5, min_width=320):
            with gr.Row(elem_classes=["runs-head"]):
                counts = live_html(page, lambda _: counted(page), "runs-count", say("runs.title"))
                search = gr.Textbox(
                    "",
                    label=say("runs.search"),
                    info=say("runs.search.info"),
                    elem_id="runs-search",
                    max_length=_SEARCHED,
                )
            shown = gr.Number(PAGE, visible="hidden", label="shown", precision=0)
            rows = asking_html(elem_id="runs-rows")
        with gr.Column(scale=2, min_width=300, elem_classes=["runs-side"]):
            actions = runs_actions.build(page)
    _listing(page, tab, (counts, search, shown, rows), actions)
    with gr.Accordion(say("runs.compare"), open=False, elem_id="runs-compare-box"):
        _comparing(page, tab, counts)
    runs_room.build(page)


def _listing(page: Page, tab: gr.Tab, parts: tuple[Any, Any, Any, Any], actions: Actions) -> None:
    """The list follows the search, the selection and the runs themselves."""
    counts, search, shown, rows = parts

    def listed(run: str, wanted: str, most: float) -> str:
        return str(listing(page, run, wanted, most))

    def pressed(run: str, most: float, event: gr.EventData) -> tuple[Update, Update, Update]:
        return press(page, asked(event), most)

    asking = (page.handler(listed), [page.run, search, shown], rows)
    renamed = runs_actions.wire(page, actions)
    for event in (counts.moved, tab.select, page.run.change, shown.change, renamed.success):
        event(*asking, **QUIET)
    search.change(*asking, **QUIET, trigger_mode="always_last")
    answering(rows)(page.handler(pressed), [page.run, shown], [page.run, page.tabs, shown], **QUIET)

    def selected(run: str) -> list[Update]:
        return [name_of(page, run), *runs_actions.fitting(page, run)]

    page.run.change(page.handler(selected), page.run, [actions.name, *actions.shown], **QUIET)
    state = page.handler(lambda run: runs_actions.fitting(page, run)[:-1])
    for event in (counts.moved, tab.select):
        event(state, page.run, actions.shown[:-1], **QUIET)


def _comparing(page: Page, tab: gr.Tab, counts: gr.HTML) -> None:
    """Two to five runs side by side."""
    say = page.say
    which = gr.Dropdown(
        [],
        value=[],
        multiselect=True,
        max_choices=runs_compare.MOST,
        label=say("runs.compare.which"),
        info=say("runs.compare.info"),
        elem_id="runs-compare",
    )
    chosen = gr.Textbox("", visible="hidden", label="compared")
    tables = static_html(element("p", say("runs.compare.few"), cls="subdued"), elem_id="runs-compared")
    curves = curves_component(say, "runs-curves")

    def offered(chosen: str) -> Update:
        entries = [
            (f"{run['name']} · {status_word(run['status'], say)}", str(run["run"])) for run in page.studio.runs()
        ]
        known = {reference for _, reference in entries}
        return gr.update(choices=entries, value=[reference for reference in chosen.split() if reference in known])

    def compared(chosen: str) -> tuple[str, str]:
        return compare(page, chosen.split())

    for event in (tab.select, counts.moved):
        event(page.handler(offered), chosen, which, **QUIET)
    which.input(None, which, chosen, js=_IDS, **ALONE)
    chosen.change(page.handler(compared), chosen, [tables, curves], **QUIET)


def counted(page: Page) -> Data:
    """How many runs there are, for a live part; its state changes with anything that the list shows."""
    runs, say = page.studio.runs(), page.say
    working = [run for run in runs if run["status"] not in OVER and run["status"] != "queued"]
    waiting = [run for run in runs if run["status"] == "queued"]
    words = [
        say("runs.count.one") if len(runs) == 1 else say("runs.count", count=len(runs)),
        *([say("runs.working", count=len(working))] if working else []),
        *([say("runs.waiting", count=len(waiting))] if waiting else []),
    ]
    head = joined(element("h2", say("runs.title")), element("p", " · ".join(words), cls="subdued"))
    places = [(item["run"], item["position"]) for item in page.studio.results.queue()] if waiting else []
    return {"html": str(head), "state": str(hash((*map(_fingerprint, runs), *places)))}


def _fingerprint(run: Data) -> tuple[Any, ...]:
    percent = 100 * run["step"] // run["total_steps"] if run["total_steps"] else 0
    return run["run"], run["name"], run["status"], run["value"], percent


def listing(page: Page, run: str, wanted: Any, most: Any) -> Html:
    """The list with what is searched for; `most` runs at once."""
    found, say = page.studio.runs(), page.say
    if not found:
        return nothing_yet(say, "run")
    names = {str(item["dataset"]): str(item["name"]) for item in page.studio.datasets()}
    wanted = wanted[:_SEARCHED] if isinstance(wanted, str) else ""
    matching = runs_list.matching(found, wanted, names, say)
    shown = matching[: pages(most)]
    labels = labels_of(page)
    waiting = {item["run"]: item for item in page.studio.results.queue() if item["position"]}
    entries = [placed(entry(page, item, names, labels), waiting.get(item["run"])) for item in shown]
    count = element("p", say("runs.found", shown=len(matching), count=len(found)), cls="subdued", role="status")
    rows = runs_list.page(entries, len(matching) - len(shown), run, time.time(), say)
    return joined(count if wanted.strip() else None, rows)


def pages(most: Any) -> int:
    """How many runs to show: what a browser asks for, in whole pages."""
    return PAGE * max(1, min(1000, int(most) // PAGE)) if isinstance(most, int | float) and most == most else PAGE


def labels_of(page: Page) -> dict[str, str]:
    """What tasks, methods and presets are called, by their names."""
    studio = page.studio
    declared = (*studio.tasks(), *studio.methods(), *studio.choices.presets())
    return {str(entry["name"]): str(entry["label"]) for entry in declared}


def entry(page: Page, run: Data, names: dict[str, str], labels: dict[str, str]) -> Entry:
    """A run with what the list shows besides its summary; `names` are those of datasets."""
    results = page.studio.results
    dataset = names.get(run["dataset"], f"{run['dataset'][:6]}…")
    method = page.say.core(f"method.{run['method']}", labels.get(run["method"], str(run["method"])))
    try:
        line, timeline = results.sparkline(run["run"]), results.timeline(run["run"])
    except StudioError:
        return Entry(run, dataset, method)  # deleted in the meantime
    alive = run["status"] in ("preparing", "running", "stopping")
    return Entry(run, dataset, method, worked(timeline, alive, time.time()), line["tag"], line["values"])


def placed(entry: Entry, place: Data | None) -> Entry:
    """The run with its place in the queue, if it has one."""
    return replace(entry, place=place["position"], starts_in=place["starts_in"]) if place else entry


def press(page: Page, ask: str, most: Any) -> tuple[Update, Update, Update]:
    """What a press in the list leads to: the run to select, the panel to go to, how many to show."""
    if ask == runs_list.MORE:
        return gr.skip(), gr.skip(), pages(most) + PAGE
    picked = ask.startswith(runs_list.PICK)
    record = page.studio.show(ask.removeprefix(runs_list.PICK))
    panel = gr.skip() if picked else gr.Tabs(selected=runs_actions.home(record["status"]))
    return str(record["run"]), panel, gr.skip()


def name_of(page: Page, run: str) -> str:
    """The name of a run; "" where there is none."""
    try:
        return str(page.studio.show(run)["name"]) if run else ""
    except StudioError:
        return ""


def compare(page: Page, chosen: Sequence[str]) -> tuple[str, str]:
    """The tables and the curves of the chosen runs, those that are known."""
    names = {str(run["run"]): str(run["name"]) for run in page.studio.runs()}
    runs = [run for run in dict.fromkeys(chosen) if run in names][: runs_compare.MOST]
    if len(runs) < 2:
        return str(element("p", page.say("runs.compare.few"), cls="subdued")), ""
    found = page.studio.results.compare(runs)
    tables = runs_compare.tables([names[run] for run in runs], found, labels_of(page), page.say)
    return str(tables), curves_value([(run, names[run]) for run in runs])
