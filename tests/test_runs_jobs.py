"""A worker knows what its run needs; one that hangs is killed when its run is stopped, and the run gets the last word
that was asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from studio import sealed
from studio.contracts import Source, SourceKind
from studio.errors import StorageError, WrongState
from studio.runs import events, jobs, store
from studio.runs.store import Run, Status
from tests import tiny
from tests.workers import wait_for

# Named like a worker, so that it counts as one; it holds the run's lock and does nothing.
HANGS = """
import sys, time
from pathlib import Path
from studio.locks import Lock
from studio.runs import events
from studio.runs.store import Run

run = Run(Path(sys.argv[2]))
lock = Lock.take(run.lock)
events.append(run.log, events.Started(0))
time.sleep(600)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")


@pytest.mark.parametrize("discard", [False, True], ids=["keep", "discard"])
def test_a_worker_that_hangs_is_killed_to_stop_its_run(
    discard: bool, run: Run, workers: list[subprocess.Popen[bytes]]
) -> None:
    workers.append(subprocess.Popen([sys.executable, "-c", HANGS, jobs.WORKER, str(run.folder)]))
    wait_for(lambda: run.status() is Status.RUNNING)
    os.kill(workers[0].pid, signal.SIGSTOP)
    run.checkpoints.mkdir()
    sealed.write_volatile(run.progress_file, {"step": 7})
    sealed.write_volatile(run.pulse_file, {"at": time.monotonic() - 50, "still": 0.0})
    assert store.record(run)["silent"] == pytest.approx(50, abs=5)
    jobs.stop(run, discard)
    assert workers[0].wait(10) == -signal.SIGKILL
    assert run.status() is Status.STOPPED
    assert events.read(run.log)[-1] == events.Stopped(7, kept=False, at=events.read(run.log)[-1].at)
    assert run.checkpoints.exists() is not discard


def test_a_worker_that_works_is_asked_and_not_killed(run: Run, workers: list[subprocess.Popen[bytes]]) -> None:
    workers.append(subprocess.Popen([sys.executable, "-c", HANGS, jobs.WORKER, str(run.folder)]))
    wait_for(lambda: run.status() is Status.RUNNING)
    sealed.write_volatile(run.pulse_file, {"at": time.monotonic(), "still": 30.0})
    jobs.stop(run)
    assert run.status() is Status.STOPPING
    assert workers[0].poll() is None


@pytest.mark.parametrize(("kind", "told"), [(SourceKind.HUB, True), (SourceKind.FOLDER, False)])
def test_only_a_run_that_may_have_to_download_knows_the_token_and_the_way_to_the_network(
    kind: SourceKind, told: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = sealed.read(run.spec_file)
    sealed.write(run.spec_file, record | {"source": record["source"] | {"kind": kind.value}})
    given: list[dict[str, str]] = []

    def launched(module: str, folder: Path, output: Path, keep: tuple[int, ...], extra: dict[str, str]) -> None:
        given.append(extra)
        raise StorageError("This is as far as the test goes.")

    monkeypatch.setattr("studio.processes.launch_detached", launched)
    for name in jobs.NETWORK:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy")
    with pytest.raises(StorageError):
        jobs.spawn(run)
    assert given == [{"HF_TOKEN": "hf_secret", "HTTPS_PROXY": "http://user:secret@proxy"} if told else {}]


def test_a_stop_that_comes_while_a_run_is_being_resumed_is_heard_and_an_older_one_is_not(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.append(run.log, events.Stopped(1, kept=True))
    run.stop_file.write_bytes(b"keep\n")  # of the worker before
    before: list[bool] = []

    def changed(changing: Run, **changes: object) -> None:
        before.append(changing.stop_file.exists())
        jobs.stop(changing, discard=True)
        raise StorageError("This is as far as the test goes.")

    monkeypatch.setattr("studio.runs.store.change_meta", changed)
    with pytest.raises(StorageError):
        jobs.resume(run)
    assert before == [False]
    assert run.stop_file.read_bytes() == b"discard\n"


def test_workers_are_asked_to_save_and_end_and_those_who_wait_for_that_are_told(
    run: Run, workers: list[subprocess.Popen[bytes]]
) -> None:
    workers.append(jobs.spawn(run))
    wait_for(lambda: run.log.exists())
    runs = run.folder.parent
    assert not jobs.at_rest(runs, 0.0)
    jobs.pause(runs)
    assert jobs.at_rest(runs, 60.0)
    assert run.status() is Status.INTERRUPTED
    assert workers[0].wait(60) == 0


def test_a_run_that_others_started_from_is_neither_resumed_nor_deleted(run: Run, tmp_path: Path) -> None:
    events.append(run.log, events.Stopped(1, kept=True))
    start = replace(tiny.checkpoint(tmp_path / "network"), source=Source(SourceKind.RUN, run.id))
    tiny.new_run(tmp_path, "text_classification", "lora", start)
    for refused in (jobs.resume, jobs.delete):
        with pytest.raises(WrongState, match="other runs started from its model") as found:
            refused(run)
        assert "text_classification lora" in str(found.value.why)
    assert run.status() is Status.STOPPED
