"""The page as a whole: header, run bar, six panels, and what is selected. Knows no panel's inside."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.api import Studio
from studio.errors import StudioError
from studio.settings import Mode
from studio.ui import bar, endpoints
from studio.ui.markup import element, joined
from studio.ui.panels import data, download, live, result, runs, train
from studio.ui.shared import ALONE, PANELS, Page, notice, static_html
from studio.ui.words import LANGUAGES, NAMES, Say, speaker

_BUILDERS = {
    "data": data.build,
    "train": train.build,
    "live": live.build,
    "result": result.build,
    "download": download.build,
    "runs": runs.build,
}


def build(studio: Studio, language: str) -> gr.Blocks:
    """The whole page in one language."""
    say = speaker(language)
    with gr.Blocks(title=say("title"), fill_width=True, analytics_enabled=False) as blocks:
        endpoints.add(studio)  # first: a handler of a panel with the same name would take an endpoint's
        static_html(_header(say), elem_id="studio-header")
        if studio.settings.mode is Mode.PUBLIC:
            static_html(notice(say("public.banner"), kind="warning"))
        dataset = gr.Textbox("", visible="hidden", elem_id="selected-dataset", label="dataset")
        run = gr.Textbox("", visible="hidden", elem_id="selected-run", label="run")
        clone = gr.Textbox("", visible="hidden", elem_id="clone-run", label="clone")
        _remember(dataset, run)
        bar_place = gr.Column(elem_id="run-bar-place")
        with gr.Tabs(elem_id="panels") as tabs:
            page = Page(studio, say, dataset, run, clone, tabs)
            for name in PANELS:
                with gr.Tab(say(f"tab.{name}"), id=name, elem_id=f"panel-{name}") as tab:
                    _BUILDERS[name](page, tab)
                tab.select(None, js=f"() => window.studioPage.remember({{panel: '{name}'}})", api_visibility="private")
        with bar_place:
            bar.build(page)
        _selection(blocks, page)
    queued: gr.Blocks = blocks.queue(default_concurrency_limit=4, max_size=100)
    return queued


def _header(say: Say) -> Any:
    languages = [
        element(
            "a", NAMES[name], href=f"?lang={name}", lang=name, cls="current" if name == say.language else "language"
        )
        for name in LANGUAGES
    ]
    return element(
        "header",
        element("div", element("h1", say("title")), element("p", say("subtitle"))),
        element(
            "nav",
            joined(languages),
            element("button", "◐", type="button", data_theme=True, title=say("theme"), aria_label=say("theme")),
            aria_label=say("language"),
        ),
        element("p", say("connection.lost"), cls="connection-lost", role="status"),
        cls="studio-header",
    )


def _remember(dataset: gr.Textbox, run: gr.Textbox) -> None:
    """The address follows what is selected. This comes before the panels: a browser carries out the listeners of one
    event in their order, and waits for the answer to each, so those that ask the server for nothing come first."""
    for name, part in (("dataset", dataset), ("run", run)):
        part.change(None, part, None, js=f"(value) => window.studioPage.remember({{{name}: value}})", **ALONE)


def _selection(blocks: gr.Blocks, page: Page) -> None:
    """What is selected comes from the address, else it is the newest."""

    def opened(request: gr.Request) -> tuple[Any, ...]:
        asked = request.query_params
        dataset = known_dataset(page.studio, asked.get("dataset", ""))
        run = known_run(page.studio, asked.get("run", ""))
        panel = asked.get("panel", "")
        return dataset, run, gr.Tabs(selected=panel) if panel in PANELS else gr.skip()

    blocks.load(
        page.handler(opened),
        None,
        [page.dataset, page.run, page.tabs],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def known_dataset(studio: Studio, asked: str) -> str:
    """The id of the dataset asked for, or of the newest one; "" if there is none."""
    try:
        if asked:
            return str(studio.dataset(asked)["dataset"])
    except StudioError:
        pass
    return next((str(item["dataset"]) for item in studio.datasets()), "")


def known_run(studio: Studio, asked: str) -> str:
    """The id of the run asked for, or of the newest one; "" if there is none."""
    try:
        if asked:
            return str(studio.show(asked)["run"])
    except StudioError:
        pass
    return next((str(item["run"]) for item in studio.runs()), "")
