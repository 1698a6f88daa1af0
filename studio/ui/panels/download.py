"""The panel Download: a run's model as a zip that works by itself, its size and licence said before it is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.boundary import explained
from studio.errors import RequestError, StudioError
from studio.ui.panels import download_cards as shown
from studio.ui.panels import result_score as score
from studio.ui.panels.result import CHOOSING
from studio.ui.panels.result_try import known
from studio.ui.shared import QUIET, Data, Page, asked, asking_html, live_html, static_html
from studio.ui.work import problem

_BUILD = "build:"


@dataclass(frozen=True)
class Panel:
    """The parts that change with the run."""

    chooser: gr.HTML
    state: gr.HTML
    cards: gr.HTML
    outcome: gr.HTML
    use: gr.HTML
    also: gr.HTML


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    panel = _layout(page)
    changing = [panel.chooser, panel.cards, panel.outcome, panel.use, panel.also]

    def refresh(run: str) -> dict[Any, Any]:
        return offered(page, panel, run)

    def choose(event: gr.EventData) -> str:
        return str(known(page, asked(event))["run"])

    def press(run: str, event: gr.EventData) -> Iterator[tuple[str, str, str]]:
        yield from made(page, run, asked(event))

    page.run.change(None, page.run, panel.state, js="(run) => run", queue=False, api_visibility="private")
    for happens in (page.run.change, panel.state.moved, tab.select):
        happens(page.handler(refresh), page.run, changing, **QUIET)
    panel.chooser.asked(page.handler(choose), None, page.run, **QUIET)
    panel.cards.asked(
        page.handler(press),
        page.run,
        [panel.cards, panel.use, panel.outcome],
        show_progress="hidden",
        api_visibility="private",
    )


def _layout(page: Page) -> Panel:
    say = page.say

    def look(question: Data) -> Data:
        run = question["id"]
        record = page.studio.show(run) if run else None
        state = f"{record['status']} {bool(record['metrics'])} {record['name']}" if record else ""
        return {"html": str(score.state(record, say)), "state": state}

    static_html(score.heading("download", say))
    chooser = gr.HTML(
        str(score.chooser([], "", say, "download-run")),
        elem_id="download-chooser",
        apply_default_css=False,
        js_on_load=CHOOSING,
    )
    state = live_html(page, look, "download-state", say("download.title"))
    with gr.Column(elem_id="download-body"):
        cards = asking_html(elem_id="download-formats")
        outcome = static_html(elem_id="download-outcome")
        use = static_html(elem_id="download-use")
        also = static_html(elem_id="download-also")
    return Panel(chooser, state, cards, outcome, use, also)


def offered(page: Page, panel: Panel, run: str) -> dict[Any, Any]:
    """Every part for the selected run; while it has nothing to give, only why."""
    chooser = str(score.chooser(page.studio.runs(), run, page.say, "download-run"))
    empty = {panel.chooser: chooser, panel.cards: "", panel.outcome: "", panel.use: "", panel.also: ""}
    if not run:
        return empty
    try:
        record = known(page, run)
        formats = page.studio.results.formats(record["run"])
    except StudioError as error:
        return empty | {panel.outcome: str(problem(error, page.say))}
    empty[panel.also] = str(shown.also(record["run"], bool(record["metrics"]), page.say))
    if all(form["obstacle"] for form in formats):
        return empty
    return empty | {
        panel.cards: str(shown.cards(formats, record["run"], "", page.say)),
        panel.use: _usage(page, formats),
    }


def made(page: Page, run: object, ask: str) -> Iterator[tuple[str, str, str]]:
    """Cards, usage and what went wrong: while a zip is being made, then with its link."""
    record = known(page, run)
    name = ask.removeprefix(_BUILD)
    formats = page.studio.results.formats(record["run"])
    if not ask.startswith(_BUILD) or name not in [form["name"] for form in formats]:
        raise RequestError("There is no such format.", next="Load the page again.")
    yield str(shown.cards(formats, record["run"], name, page.say)), _usage(page, formats), ""
    wrong = _exported(page, record["run"], name)
    formats = page.studio.results.formats(record["run"])
    yield str(shown.cards(formats, record["run"], "", page.say)), _usage(page, formats), wrong


def _usage(page: Page, formats: Sequence[Data]) -> str:
    names = [str(form["ready"]["name"]) for form in formats if form["ready"]]
    return str(shown.usage(names[0] if names else "model.zip", page.say))


def _exported(page: Page, run: str, name: str) -> str:
    """Wait for the zip; returns what went wrong as markup, or an empty text. Who leaves meanwhile finds it later."""
    try:
        explained(lambda: page.studio.results.exported(run, name), page.studio.settings.workspace)
    except StudioError as error:
        return str(problem(error, page.say))
    return ""
