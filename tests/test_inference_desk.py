"""One warm model at a time: reused, replaced, restarted, and gone when nobody asks."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import files
from studio.errors import WrongState
from studio.identifiers import new_id
from studio.inference.desk import Desk
from studio.runs.store import Run
from studio.settings import Settings
from tests import tiny
from tests.trained import TinyRuns

ROWS = [{"text": "good film"}, {"text": "bad room"}]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for most tests, because each process takes seconds to start."""
    found = Desk(Settings(workspace=tmp_path_factory.mktemp("workspace")))
    yield found
    found.close()


def process(desk: Desk) -> Any:
    assert desk._predictor is not None
    return desk._predictor._process


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def copied(run: Run, workspace: Path) -> Run:
    """The run in another workspace, which a test may tear at."""
    target = Run(files.make_folder(workspace / "runs") / new_id())
    files.copy(run.folder, target.folder)
    return target


def test_a_second_question_is_answered_by_the_same_process(desk: Desk, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    first = desk.ask(run, ROWS)
    pid = process(desk).pid
    assert desk.ask(run, ROWS) == first
    assert process(desk).pid == pid
    assert [set(answer) >= {"label", "score"} for answer in first] == [True, True]


def test_many_threads_get_their_own_answers(desk: Desk, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    texts = ["good film", "bad room", "fine book", "poor the"]
    wanted = {text: desk.ask(run, [{"text": text}]) for text in texts}
    found: list[bool] = []

    def ask(text: str) -> None:
        found.extend(desk.ask(run, [{"text": text}]) == wanted[text] for _ in range(5))

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 20


def test_a_process_that_died_is_started_again(desk: Desk, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    first = desk.ask(run, ROWS)
    os.kill(process(desk).pid, signal.SIGKILL)
    process(desk).wait(10)
    assert desk.ask(run, ROWS) == first


def test_another_model_takes_the_place_of_the_first(desk: Desk, tiny_runs: TinyRuns) -> None:
    desk.ask(tiny_runs.of("text", "full"), ROWS)
    pid = process(desk).pid
    (answer,) = desk.ask(tiny_runs.of("token", "full"), [{"tokens": ["anna"]}])
    assert answer["tags"]
    assert not alive(pid)


def test_a_deleted_run_does_not_break_the_others(desk: Desk, tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = copied(tiny_runs.of("text", "full"), tmp_path)
    first = desk.ask(run, ROWS)
    files.remove(run.folder)
    assert desk.ask(tiny_runs.of("text", "full"), ROWS) == first
    with pytest.raises(WrongState):
        desk.ask(run, ROWS)


@pytest.mark.thorough
def test_a_run_that_went_on_is_asked_with_its_new_model(desk: Desk, tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = copied(tiny_runs.of("text", "full"), tmp_path)
    desk.ask(run, ROWS)
    pid = process(desk).pid
    with files.staged_folder(run.model) as staged:
        for file in run.model.iterdir():
            files.copy(file, staged / file.name)
    desk.ask(run, ROWS)
    assert process(desk).pid != pid
    assert not alive(pid)


def test_a_run_without_a_model_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = Desk(Settings(workspace=tmp_path))
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    with pytest.raises(WrongState, match="no model to ask"):
        desk.ask(run, ROWS)
    assert (desk._predictor, desk._timer) == (None, None)


def test_nobody_asks_and_the_process_ends_by_itself(tmp_path: Path, tiny_runs: TinyRuns) -> None:
    desk = Desk(Settings(workspace=tmp_path), idle_seconds=0.3)
    desk.ask(tiny_runs.of("text", "full"), ROWS)
    pid = process(desk).pid
    deadline = time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)
    assert desk._timer is None


def test_who_asks_again_in_time_keeps_the_process(tmp_path: Path, tiny_runs: TinyRuns) -> None:
    desk = Desk(Settings(workspace=tmp_path), idle_seconds=2.0)
    run = tiny_runs.of("text", "full")
    desk.ask(run, ROWS)
    pid = process(desk).pid
    for _ in range(6):
        time.sleep(0.4)
        desk.ask(run, ROWS)
        assert process(desk).pid == pid
    desk.close()
    assert not alive(pid)
