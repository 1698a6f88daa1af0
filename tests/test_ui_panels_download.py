"""The panel Download with real runs: what is offered, building a zip, and the link that answers."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest

from studio import files, settings
from studio.api import Studio
from studio.errors import RequestError, UnknownName
from studio.export import shelf
from studio.ui.panels import download
from studio.ui.panels.download import Panel
from studio.ui.shared import Page
from studio.ui.words import speaker
from tests import tiny
from tests.trained import TinyRuns


def page_of(workspace: Path) -> Page:
    studio = Studio(settings.load(workspace=workspace))
    return Page(studio, speaker("en"), gr.Textbox(), gr.Textbox(), gr.Textbox(), gr.Tabs())


def panel() -> Panel:
    return Panel(*(gr.HTML() for _ in range(6)))


def test_a_zip_is_built_once_and_shows_from_then_on(tiny_runs: TinyRuns) -> None:
    page, run, parts = page_of(tiny_runs.workspace), tiny_runs.of("text", "lora").id, panel()
    files.remove(tiny_runs.workspace / shelf.FOLDER)  # what other tests built
    before = download.offered(page, parts, run)
    assert before[parts.cards].count("data-ask") == 3
    (building, _, _), (cards, use, wrong) = download.made(page, run, "build:adapter")
    assert "Building Adapter only" in building
    assert wrong == ""
    assert f'href="download/{run}/adapter.zip"' in cards
    assert "lora-adapter.zip" in use
    after = download.offered(page, parts, run)
    assert f'href="download/{run}/adapter.zip"' in after[parts.cards]
    assert "adapter.zip" in after[parts.use]


def test_what_cannot_be_had_says_why(tiny_runs: TinyRuns) -> None:
    page, run, parts = page_of(tiny_runs.workspace), tiny_runs.of("image", "full").id, panel()
    cards = download.offered(page, parts, run)[parts.cards]
    assert cards.count("Not possible here") == 2
    *_, (_, _, wrong) = download.made(page, run, "build:adapter")
    assert "cannot be exported as" in wrong


@pytest.mark.parametrize("ask", ["", "build:", "build:tarball", "model", "build:../model"])
def test_a_format_that_is_not_there_is_refused(tiny_runs: TinyRuns, ask: str) -> None:
    with pytest.raises(RequestError):
        list(download.made(page_of(tiny_runs.workspace), tiny_runs.of("text", "full").id, ask))


def test_a_run_without_a_model_offers_its_log_only(tmp_path: Path) -> None:
    network = tmp_path / "bert"
    tiny.tiny_bert(network)
    run = tiny.new_run(tmp_path, "text_classification", "full", network).id
    parts = panel()
    shown = download.offered(page_of(tmp_path), parts, run)
    assert shown[parts.cards] == ""
    assert "log.txt" in shown[parts.also]
    assert "predictions.csv" not in shown[parts.also]


def test_without_a_run_nothing_is_offered(tmp_path: Path) -> None:
    parts = panel()
    page = page_of(tmp_path)
    assert download.offered(page, parts, "")[parts.cards] == ""
    assert "There is no run" in download.offered(page, parts, "nothing")[parts.outcome]
    with pytest.raises(UnknownName):
        list(download.made(page, "nothing", "build:model"))
