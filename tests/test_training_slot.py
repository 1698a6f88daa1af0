"""A run takes all the slots of its devices or none, and those with an earlier place come first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from studio import files, gpus, nvml, sealed
from studio.locks import Lock
from studio.nvml import Card
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
    assert (taken.places, dict(taken.variables)) == (("cuda:1", "cuda:2"), {})
    with taken.locks:
        assert Lock.held(slots / "cuda-1.lock")
        assert Lock.held(slots / "cuda-2.lock")
        assert not Lock.held(slots / "cuda-0.lock")
    assert not Lock.held(slots / "cuda-1.lock")
    assert not Lock.held(slots / "cuda-2.lock")


def test_while_one_slot_is_missing_none_is_kept(run: Run, tmp_path: Path) -> None:
    slots = files.make_folder(tmp_path / "slots")
    other, asked = Lock.take(slots / "cuda-1.lock"), iter([False, False, True])
    assert other is not None
    with other:
        assert slot.wait(on(run, "cuda:0", 2), lambda: next(asked)) is None
        assert not Lock.held(slots / "cuda-0.lock")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three GPUs, of which the first has most of its memory in use."""
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setattr(gpus, "visible", lambda *devices: ("0", "GPU-b", "2"))
    used = {"0": 60, "GPU-b": 7, "2": 5}
    monkeypatch.setattr(nvml, "look", lambda names: tuple(Card(name, 0.0, used[name], 80) for name in names))


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("held", "count", "places", "visible"),
    [
        ((), 1, ("cuda:2",), "2"),
        ((2,), 1, ("cuda:1",), "GPU-b"),
        ((1, 2), 1, ("cuda:0",), "0"),
        ((), 2, ("cuda:1", "cuda:2"), "GPU-b,2"),
        ((1,), 2, ("cuda:0", "cuda:2"), "0,2"),
    ],
    ids=str,
)
def test_a_run_takes_gpus_that_nobody_uses_and_sees_no_others(
    run: Run, tmp_path: Path, held: tuple[int, ...], count: int, places: tuple[str, ...], visible: str
) -> None:
    slots = files.make_folder(tmp_path / "slots")
    with ExitStack() as others:
        for number in held:
            others.enter_context(Lock.wait(slots / f"cuda-{number}.lock"))
        taken = slot.wait(on(run, "auto", count), lambda: False)
        assert taken is not None
        with taken.locks:
            assert (taken.places, dict(taken.variables)) == (places, {"CUDA_VISIBLE_DEVICES": visible})
            assert all(Lock.held(slots / f"{place.replace(':', '-')}.lock") for place in places)


def test_a_run_for_any_gpu_waits_while_there_are_not_enough(run: Run, tmp_path: Path, three: None) -> None:
    slots, asked = files.make_folder(tmp_path / "slots"), iter([False, False, True])
    with Lock.wait(slots / "cuda-0.lock"), Lock.wait(slots / "cuda-1.lock"):
        assert slot.wait(on(run, "cuda", 2), lambda: next(asked)) is None
        assert not Lock.held(slots / "cuda-2.lock")


def test_nobody_takes_what_an_earlier_run_waits_for(run: Run, tmp_path: Path, three: None) -> None:
    """An earlier run for one GPU leaves the others alone; one for any two may need whichever is free next."""
    slots, asked = files.make_folder(tmp_path / "slots"), iter([False, False, True])
    later = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    with Lock.wait(run.lock), Lock.wait(slots / "cuda-1.lock"):
        events.append(on(run, "cuda:2", 1).log, events.Waiting())
        taken = slot.wait(on(later, "cuda", 1), lambda: False)
        assert taken is not None
        with taken.locks:
            assert taken.places == ("cuda:0",)
        on(run, "cuda", 2)
        assert slot.wait(later, lambda: next(asked)) is None


def test_what_torchrun_has_started_takes_the_first_gpus(run: Run, three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    taken = slot.wait(on(run, "cuda", 1), lambda: False)
    assert taken is not None
    with taken.locks:
        assert (taken.places, dict(taken.variables)) == (("cuda:0",), {})


# A worker that does nothing but wait for its turn, and then fails or is over.
IDLER = """
import sys, time
from pathlib import Path
from studio.locks import Lock
from studio.runs import events
from studio.runs.store import Run
from studio.training import slot

run = Run(Path(sys.argv[1]))
lock = Lock.take(run.lock)
events.append(run.log, events.Waiting())
taken = slot.wait(run, run.stop_file.exists)
if taken is not None:
    with taken.locks:
        events.append(run.log, events.Preparing(list(taken.places)))
        time.sleep(0.1)
        events.append(run.log, events.Failed({}) if run.meta().name == "b" else events.Finished(1))
"""


def test_the_order_holds_through_moves_stops_kills_and_failures(
    run: Run, tmp_path: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    runs = {name: tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network") for name in "abcdef"}
    for name, made in runs.items():
        store.change_meta(made, name=name)
    with Lock.wait(files.make_folder(tmp_path / "slots") / "cpu.lock"):
        workers += [subprocess.Popen([sys.executable, "-c", IDLER, str(made.folder)]) for made in runs.values()]
        wait_for(lambda: all(made.log.exists() for made in runs.values()))
        assert {made.status() for made in runs.values()} == {Status.QUEUED}
        jobs.move(runs["e"], Where.FIRST)
        jobs.move(runs["b"], Where.DOWN)
        jobs.stop(runs["d"])
        os.kill(workers[5].pid, signal.SIGKILL)
        workers[5].wait()
        workers.append(subprocess.Popen([sys.executable, "-c", IDLER, str(runs["f"].folder)]))  # a server comes back
        wait_for(lambda: Lock.held(runs["f"].lock))
    for worker in workers:
        worker.wait(SECONDS)
    began = {
        event.at: name for name, made in runs.items() for event in events.read(made.log)
        if isinstance(event, events.Preparing)
    }  # fmt: skip
    assert [began[at] for at in sorted(began)] == list("eacbf")
    assert (runs["b"].status(), runs["f"].status()) == (Status.FAILED, Status.FINISHED)
    assert not any(isinstance(event, events.Preparing) for event in events.read(runs["d"].log))
