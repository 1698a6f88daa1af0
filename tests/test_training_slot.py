"""A run takes all the slots of its devices or none, and those with an earlier place come first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio import files, sealed
from studio.runs import events, jobs, store
from studio.runs.queue import Where
from studio.runs.store import Run, Status
from studio.training import slot
from tests import tiny
from tests.workers import SECONDS, wait_for


@pytest.fixture
def run(tmp_path: Path) -> Run:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    return tiny.new_run(tmp_path, "text_classification", "full", network)


def on(run: Run, device: str, devices: int) -> Run:
    """The run as one of these devices, whether or not they are here."""
    record = sealed.read(run.spec_file)
    record["device"], record["training"]["devices"] = device, devices
    sealed.write(run.spec_file, record)
    return run


def test_a_run_on_two_gpus_takes_two_slots_and_gives_both_back(run: Run, tmp_path: Path) -> None:
    taken = slot.wait(on(run, "cuda:1", 2), lambda: False)
    assert taken is not None
    slots = tmp_path / "slots"
    with taken:
        assert files.Lock.held(slots / "cuda-1.lock")
        assert files.Lock.held(slots / "cuda-2.lock")
        assert not files.Lock.held(slots / "cuda-0.lock")
    assert not files.Lock.held(slots / "cuda-1.lock")
    assert not files.Lock.held(slots / "cuda-2.lock")


def test_while_one_slot_is_missing_none_is_kept(run: Run, tmp_path: Path) -> None:
    slots = files.make_folder(tmp_path / "slots")
    other, asked = files.Lock.take(slots / "cuda-1.lock"), iter([False, False, True])
    assert other is not None
    with other:
        assert slot.wait(on(run, "cuda:0", 2), lambda: next(asked)) is None
        assert not files.Lock.held(slots / "cuda-0.lock")


# A worker that does nothing but wait for its turn, and then fails or is over.
IDLER = """
import sys, time
from pathlib import Path
from studio import files
from studio.runs import events
from studio.runs.store import Run
from studio.training import slot

run = Run(Path(sys.argv[1]))
lock = files.Lock.take(run.lock)
events.append(run.log, events.Waiting())
taken = slot.wait(run, run.stop_file.exists)
if taken is not None:
    with taken:
        events.append(run.log, events.Preparing())
        time.sleep(0.1)
        events.append(run.log, events.Failed({}) if run.meta().name == "b" else events.Finished(1))
"""


def test_the_order_holds_through_moves_stops_kills_and_failures(
    run: Run, tmp_path: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    runs = {name: tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network") for name in "abcdef"}
    for name, made in runs.items():
        store.change_meta(made, name=name)
    with files.Lock.wait(files.make_folder(tmp_path / "slots") / "cpu.lock"):
        workers += [subprocess.Popen([sys.executable, "-c", IDLER, str(made.folder)]) for made in runs.values()]
        wait_for(lambda: all(made.log.exists() for made in runs.values()))
        assert {made.status() for made in runs.values()} == {Status.QUEUED}
        jobs.move(runs["e"], Where.FIRST)
        jobs.move(runs["b"], Where.DOWN)
        jobs.stop(runs["d"])
        os.kill(workers[5].pid, signal.SIGKILL)
        workers[5].wait()
        workers.append(subprocess.Popen([sys.executable, "-c", IDLER, str(runs["f"].folder)]))  # a server comes back
        wait_for(lambda: files.Lock.held(runs["f"].lock))
    for worker in workers:
        worker.wait(SECONDS)
    began = {
        event.at: name for name, made in runs.items() for event in events.read(made.log)
        if isinstance(event, events.Preparing)
    }  # fmt: skip
    assert [began[at] for at in sorted(began)] == list("eacbf")
    assert (runs["b"].status(), runs["f"].status()) == (Status.FAILED, Status.FINISHED)
    assert not any(isinstance(event, events.Preparing) for event in events.read(runs["d"].log))
