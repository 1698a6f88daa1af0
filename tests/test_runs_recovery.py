"""Runs that have lost their worker get a new one, those that had begun only where that is wanted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio import files
from studio.locks import Lock
from studio.runs import events, store
from studio.runs.jobs import SETTLED
from studio.runs.recovery import TRIES, Recovery
from studio.runs.store import Run, Status
from tests import tiny


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that would get a worker, which is not started."""
    found: list[str] = []
    monkeypatch.setattr("studio.runs.jobs.go_on", lambda run: found.append(run.id))
    return found


def recover(workspace: Path, begun: bool = False) -> list[str]:
    return [run.id for run in Recovery(workspace / "runs", begun).look()]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    tiny.tiny_bert(folder)
    return folder


def queued(workspace: Path, network: Path, ago: float = 60.0) -> Run:
    """A run that took its place in the queue that many seconds ago."""
    run = tiny.new_run(workspace, "text_classification", "full", network)
    store.change_meta(run, place=time.time_ns() - int(ago * 1e9), asked=time.time() - ago)
    return run


def test_lost_runs_get_a_worker_in_the_order_of_the_queue(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    late, early = queued(tmp_path, network, 30), queued(tmp_path, network, 90)
    events.append(early.log, events.Waiting(at=time.time() - 80))
    assert recover(tmp_path) == [early.id, late.id]
    assert spawned == [early.id, late.id]


def test_a_run_that_had_begun_is_left_to_its_owner(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    run = queued(tmp_path, network)
    for event in (events.Waiting(at=time.time() - 50), events.Preparing(at=time.time() - 40)):
        events.append(run.log, event)
    assert run.status() is Status.INTERRUPTED
    assert recover(tmp_path) == []
    assert spawned == []
    assert recover(tmp_path, begun=True) == [run.id]


def test_what_kills_every_worker_is_not_tried_for_ever(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    run = queued(tmp_path, network)
    for _ in range(TRIES):
        assert recover(tmp_path, begun=True) == [run.id]
        for event in (events.Waiting(), events.Preparing(), events.Started(0)):
            events.append(run.log, event)
    assert recover(tmp_path, begun=True) == []
    events.append(run.log, events.Saved(3))
    assert recover(tmp_path, begun=True) == [run.id]


def test_a_log_that_has_ended_is_not_read_again_until_it_grows(
    tmp_path: Path, network: Path, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recovery = queued(tmp_path, network), Recovery(tmp_path / "runs", begun=True)
    events.append(run.log, events.Failed({}))
    assert recovery.look() == []
    with monkeypatch.context() as patch:
        patch.setattr(Run, "status", lambda run: pytest.fail("it was read"))
        assert recovery.look() == []
    events.append(run.log, events.Preparing())
    assert recovery.look() == [run]


def test_a_resumed_run_that_only_waited_again_counts_as_waiting(
    tmp_path: Path, network: Path, spawned: list[str]
) -> None:
    run = queued(tmp_path, network, 20)
    for event in (events.Preparing(), events.Started(1)):
        events.append(run.log, event)
    store.change_meta(run, mark=run.log.stat().st_size)
    events.append(run.log, events.Waiting())
    assert recover(tmp_path) == [run.id]


@pytest.mark.parametrize("word", [events.Finished(2), events.Stopped(2, True), events.Failed({"code": "failed"})])
def test_a_run_that_is_over_stays_over(tmp_path: Path, network: Path, spawned: list[str], word: events.Event) -> None:
    events.append(queued(tmp_path, network).log, word)
    assert recover(tmp_path) == []


def test_a_run_that_was_to_be_stopped_is_not_started(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    files.write_bytes(queued(tmp_path, network).stop_file, b"keep\n")
    assert recover(tmp_path) == []


def test_a_run_with_a_worker_and_one_that_is_just_being_started_are_left_alone(
    tmp_path: Path, network: Path, spawned: list[str]
) -> None:
    queued(tmp_path, network, SETTLED - 4)
    lock = Lock.take(queued(tmp_path, network).lock)
    assert lock is not None
    with lock:
        assert recover(tmp_path) == []


def test_a_workspace_without_runs_has_nothing_to_recover(tmp_path: Path) -> None:
    assert recover(tmp_path) == []
    assert list(store.every(tmp_path / "runs")) == []


def test_a_server_that_is_ending_its_workers_starts_none(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    run, recovery = queued(tmp_path, network), Recovery(tmp_path / "runs", begun=True)
    recovery.rest()
    assert recovery.look() == []
    assert recover(tmp_path) == spawned == [run.id]


def test_a_run_whose_workers_are_started_by_hand_gets_none(tmp_path: Path, network: Path, spawned: list[str]) -> None:
    store.change_meta(queued(tmp_path, network), by_hand=True)
    assert recover(tmp_path, begun=True) == spawned == []
