"""What can be done with the selected run, and what is refused."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from studio.errors import RequestError
from studio.locks import Lock
from studio.runs.jobs import LONGEST_NAME, clean_name
from studio.ui.panels.runs_actions import fitting, home, question
from tests.finished import finished
from tests.test_ui_panels_live_control import HOSTILE, page_of, planned

NAMES = ("title", "box", "resume", "stop", "up", "down", "delete", "asking")


def state(workspace: Path, run: str) -> dict[str, Any]:
    return dict(zip(NAMES, fitting(page_of(workspace), run), strict=True))


def test_a_finished_run_can_be_deleted_and_not_stopped(tmp_path: Path) -> None:
    found = state(tmp_path, finished(tmp_path, "text_classification", []).id)
    assert found["box"]["visible"]
    assert found["delete"]["interactive"]
    assert not found["resume"]["visible"]
    assert not found["stop"]["visible"]


def test_a_run_at_work_has_to_be_stopped_before_it_is_deleted(tmp_path: Path) -> None:
    run = planned(tmp_path)
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        found = state(tmp_path, run.id)
    assert found["stop"]["visible"]
    assert not found["delete"]["interactive"]
    assert "Stop it before you delete it." in found["title"]


def test_a_run_that_waits_can_be_moved_where_there_is_room(tmp_path: Path) -> None:
    first, second = planned(tmp_path), planned(tmp_path)
    with ExitStack() as held:
        for run in (first, second):
            held.enter_context(Lock.take(run.lock) or pytest.fail("the lock is not free"))
        found = [state(tmp_path, run.id) for run in (first, second)]
        assert [(item["up"]["visible"], item["up"]["interactive"]) for item in found] == [(True, False), (True, True)]
        assert [item["down"]["interactive"] for item in found] == [True, False]
        page_of(tmp_path).studio.move(second.id, "up")
        assert not state(tmp_path, second.id)["up"]["interactive"]
    assert not state(tmp_path, first.id)["up"]["visible"]


@pytest.mark.parametrize("run", ["", "0" * 26, "..", "<img>"])
def test_no_run_shows_what_to_do(run: str, tmp_path: Path) -> None:
    found = state(tmp_path, run)
    assert not found["box"]["visible"]
    assert "Select a run in the list." in found["title"]


def test_names_are_tidied_and_have_a_length() -> None:
    assert clean_name("  my \n first\trun ") == "my first run"
    for value in ("", "   ", None, 7, ["x"], "x" * (LONGEST_NAME + 1)):
        with pytest.raises(RequestError):
            clean_name(value)


def test_the_question_names_the_run_as_text(tmp_path: Path) -> None:
    page, run = page_of(tmp_path), planned(tmp_path)
    page.studio.rename(run.id, HOSTILE)
    asked = str(question(page, run.id))
    assert "cannot be undone" in asked
    assert "<img" not in asked
    assert "${" not in asked


def test_finished_runs_are_at_home_in_their_result() -> None:
    assert [home(status) for status in ("finished", "running", "failed")] == ["result", "live", "live"]
