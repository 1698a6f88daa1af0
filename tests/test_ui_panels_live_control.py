"""Which buttons fit a run's state, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio import settings
from studio.api import Studio
from studio.errors import RequestError, UnknownName
from studio.locks import Lock
from studio.runs import events
from studio.runs.store import Run
from studio.ui.panels.live_control import fitting, given, question
from studio.ui.shared import Page
from studio.ui.words import speaker
from tests import tiny
from tests.finished import finished

NAMES = ("result", "resume", "keep", "discard", "again", "asking")
HOSTILE = "<img src=x onerror=alert(1)> ${6*7} \u202egnp.exe"


def page_of(workspace: Path) -> Page:
    dataset, run, clone = (gr.Textbox(render=False) for _ in range(3))
    studio = Studio(settings.load(workspace=workspace))
    return Page(studio, speaker("en"), dataset, run, clone, gr.Tabs(render=False))


def shown(page: Page, run: str) -> set[str]:
    return {name for name, update in zip(NAMES, fitting(page, run), strict=True) if update["visible"]}


def planned(workspace: Path) -> Run:
    return tiny.new_run(workspace, "text_classification", "head", workspace / "network")


def test_a_finished_run_has_a_result_and_can_be_changed(tmp_path: Path) -> None:
    run = finished(tmp_path, "text_classification", [])
    assert shown(page_of(tmp_path), run.id) == {"result", "again"}


def test_a_run_that_was_cut_off_can_be_resumed(tmp_path: Path) -> None:
    run = planned(tmp_path)
    events.append(run.log, events.Started(0))
    assert shown(page_of(tmp_path), run.id) == {"resume", "again"}


def test_a_run_at_work_can_be_stopped_in_two_ways_and_then_only_be_discarded(tmp_path: Path) -> None:
    run, page = planned(tmp_path), page_of(tmp_path)
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        assert shown(page, run.id) == {"keep", "discard"}
        assert fitting(page, run.id, asking=True)[-1] == gr.skip(), "somebody may be about to answer"
        page.studio.stop(run.id)
        assert shown(page, run.id) == {"discard"}
    assert fitting(page, run.id, asking=True)[-1]["visible"] is False


@pytest.mark.parametrize("run", ["", "0" * 26, "../../etc"])
def test_no_run_has_no_buttons(run: str, tmp_path: Path) -> None:
    assert shown(page_of(tmp_path), run) == set()


def test_what_is_lost_is_said_with_the_name_as_text(tmp_path: Path) -> None:
    run = planned(tmp_path)
    page = page_of(tmp_path)
    page.studio.rename(run.id, HOSTILE)
    asked = str(question(page, run.id))
    assert "cannot be resumed" in asked
    assert "<img" not in asked
    assert "${" not in asked
    assert "\u202e" not in asked


@pytest.mark.parametrize("value", ["", None, 3, ["x"], {"run": 1}])
def test_what_is_no_run_is_refused_in_words(value: Any) -> None:
    with pytest.raises(RequestError, match="No run is chosen"):
        given(value)


def test_a_run_that_is_gone_is_not_asked_about(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        question(page_of(tmp_path), "0" * 26)
