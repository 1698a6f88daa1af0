"""The queue: the order, one line for each device, when a run begins, and moving it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import gpus, sealed
from studio.errors import LimitError, WrongState
from studio.locks import Lock
from studio.runs import events, jobs, queue, store
from studio.runs.queue import Entry, Where
from studio.runs.store import Meta, Run, Status
from studio.spec import RunSpec
from tests import tiny
from tests.test_runs_store import SPEC


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Locks that live until the test ends."""
    with ExitStack() as stack:
        yield stack


def take(stack: ExitStack, *runs: Run) -> None:
    for run in runs:
        lock = Lock.take(run.lock)
        assert lock is not None
        stack.enter_context(lock)


def new_run(workspace: Path, name: str = "", device: str = "cpu") -> Run:
    run = tiny.new_run(workspace, "text_classification", "full", workspace / "network")
    record = sealed.read(run.spec_file)
    sealed.write(run.spec_file, record | {"device": device})
    store.change_meta(run, name=name)
    return run


def unknown(_: RunSpec) -> None:
    return None


def names(workspace: Path) -> list[str]:
    return [entry.meta.name for entry in queue.entries(workspace / "runs")]


def test_the_last_place_is_behind_everybody_though_the_clock_was_set_back(tmp_path: Path, held: ExitStack) -> None:
    waiting, over = new_run(tmp_path), new_run(tmp_path)
    store.change_meta(over, place=2**62)
    take(held, waiting)
    assert queue.last_place(tmp_path / "runs") == pytest.approx(time.time_ns(), abs=60 * queue.SECOND)
    store.change_meta(waiting, place=2**61)
    assert queue.last_place(tmp_path / "runs") == 2**61 + 1
    waiting.meta_file.write_text("{")
    assert queue.last_place(tmp_path / "runs") < 2**61


def test_those_at_work_come_first_and_the_others_in_their_order(tmp_path: Path, held: ExitStack) -> None:
    first, second, third, gone = (new_run(tmp_path) for _ in range(4))
    take(held, first, second, third)
    store.change_meta(first, place=2**62, name="late")
    events.append(third.log, events.Started(0))
    found = queue.listing(tmp_path / "runs", unknown)
    assert [(entry["run"], entry["position"]) for entry in found] == [(third.id, 0), (second.id, 1), (first.id, 2)]
    assert [entry["status"] for entry in found] == ["running", "queued", "queued"]
    assert (found[2]["name"], found[2]["device"]) == ("late", "cpu")
    assert gone.id not in {entry["run"] for entry in found}


def test_an_empty_workspace_has_no_queue(tmp_path: Path) -> None:
    assert queue.listing(tmp_path / "none", unknown) == []


def test_a_damaged_run_does_not_spoil_the_queue(tmp_path: Path, held: ExitStack) -> None:
    good, bad = new_run(tmp_path), new_run(tmp_path)
    take(held, good, bad)
    bad.meta_file.write_text("{")
    assert [entry["run"] for entry in queue.listing(tmp_path / "runs", unknown)] == [good.id]


def test_each_device_has_a_line_of_its_own(tmp_path: Path, held: ExitStack) -> None:
    runs = [new_run(tmp_path, name, f"cuda:{name[-1]}") for name in ("a0", "b1", "c0", "d1")]
    take(held, *runs)
    found = queue.listing(tmp_path / "runs", lambda _: 60.0)
    assert [(entry["name"], entry["position"]) for entry in found] == [("a0", 1), ("b1", 1), ("c0", 2), ("d1", 2)]
    assert [entry["starts_in"] for entry in found] == [0.0, 0.0, 60.0, 60.0]


def test_runs_for_any_gpu_stand_in_all_lines_until_they_have_one(
    tmp_path: Path, held: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "visible", lambda *devices: ("0", "1"))
    runs = [
        new_run(tmp_path, name, device) for name, device in zip("abcd", ("auto", "cuda:0", "cuda", "auto"), strict=True)
    ]
    take(held, *runs)
    events.append(runs[0].log, events.Preparing(["cuda:1"]))
    found = queue.listing(tmp_path / "runs", lambda spec: 60.0 if spec.device == "auto" else 100.0)
    assert [entry["device"] for entry in found] == ["cuda:1", "cuda:0", "cuda", "cuda"]
    assert [entry["position"] for entry in found] == [0, 1, 2, 3]
    assert [entry["starts_in"] for entry in found] == [0.0, 0.0, 60.0, 100.0]


def test_a_start_is_foretold_from_what_works_and_what_waits_before(tmp_path: Path, held: ExitStack) -> None:
    working, measured, last = (new_run(tmp_path) for _ in range(3))
    take(held, working, measured, last)
    events.append(working.log, events.Started(0))
    progress = {"phase": "training", "seconds_left": 50.0, "at": time.time() - 20}
    sealed.write_volatile(working.progress_file, progress)
    found = queue.listing(tmp_path / "runs", lambda _: 100.0)
    assert [entry["starts_in"] for entry in found] == pytest.approx([0.0, 30.0, 130.0], abs=5)
    assert [entry["starts_in"] for entry in queue.listing(tmp_path / "runs", unknown)][2] is None
    sealed.write_volatile(working.progress_file, progress | {"phase": "evaluating"})
    assert queue.listing(tmp_path / "runs", unknown)[1]["starts_in"] == 0.0


def test_a_run_is_moved_within_its_line(tmp_path: Path, held: ExitStack) -> None:
    runs = {name: new_run(tmp_path, name) for name in "abcd"}
    take(held, *runs.values())
    for name, where, after in (
        ("a", Where.UP, "abcd"),
        ("c", Where.UP, "acbd"),
        ("a", Where.DOWN, "cabd"),
        ("d", Where.FIRST, "dcab"),
        ("c", Where.LAST, "dabc"),
        ("c", Where.DOWN, "dabc"),
    ):
        jobs.move(runs[name], where)
        assert "".join(names(tmp_path)) == after, (name, where)


def test_only_a_run_that_waits_can_be_moved(tmp_path: Path, held: ExitStack) -> None:
    working, over = new_run(tmp_path), new_run(tmp_path)
    take(held, working)
    events.append(working.log, events.Started(0))
    for run in (working, over):
        with pytest.raises(WrongState, match="cannot be moved"):
            jobs.move(run, Where.UP)


def line(places: list[int], spec: RunSpec) -> list[Entry]:
    runs = [(Run(Path(f"{number:026d}")), place) for number, place in enumerate(places)]
    claim = gpus.claim(spec.device)
    return [Entry(run, Meta("", "", place, 0.0), spec, Status.QUEUED, claim) for run, place in runs]


@settings(max_examples=200, deadline=None)
@given(data=st.data(), places=st.lists(st.integers(0, 6), min_size=1, max_size=6, unique=True).map(sorted))
def test_any_move_changes_the_order_as_it_says_and_nothing_else(data: st.DataObject, places: list[int]) -> None:
    """Also where places are so close that nothing fits between them."""
    found = line(places, SPEC)
    mine, where = data.draw(st.sampled_from(found)), data.draw(st.sampled_from(Where))
    changes = queue.places_after(found, mine.run, where)
    before = [entry.run for entry in found]
    after = sorted(before, key=lambda run: changes.get(run, places[before.index(run)]))
    old = before.index(mine.run)
    new = {Where.UP: max(0, old - 1), Where.DOWN: min(len(before) - 1, old + 1), Where.FIRST: 0}
    expected = [run for run in before if run != mine.run]
    expected.insert(new.get(where, len(expected)), mine.run)
    assert after == expected


def test_the_queue_has_an_end(tmp_path: Path, held: ExitStack) -> None:
    take(held, *(new_run(tmp_path) for _ in range(3)))
    with jobs.entrance(tmp_path / "runs", 4):
        pass
    with pytest.raises(LimitError, match="The queue is full") as refused, jobs.entrance(tmp_path / "runs", 3):
        pass
    assert "3;" in refused.value.why


def test_a_ticket_is_good_for_one_run_also_where_the_queue_is_full(tmp_path: Path, held: ExitStack) -> None:
    runs = tmp_path / "runs"
    with jobs.entrance(runs, 1, "t") as known:
        assert known is None
        run = store.create(runs, SPEC, "first", "local", "t")
        take(held, run)
    with jobs.entrance(runs, 1, "t") as known:
        assert known == run
    with jobs.entrance(runs, 2, "other") as known:
        assert known is None
    with pytest.raises(LimitError), jobs.entrance(runs, 1, "other"):
        pass


def test_two_who_resume_at_once_do_not_disturb_the_one_run(tmp_path: Path, held: ExitStack) -> None:
    """The second finds the lock held, and has changed nothing by then."""
    run = new_run(tmp_path)
    events.append(run.log, events.Failed({"code": "failed"}))
    before = run.meta()
    original = store.require

    def overtaken(found: Run, *rest: Any) -> Status:
        state = original(found, *rest)
        take(held, found)
        events.append(found.log, events.Started(0))
        return state

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "require", overtaken)
        with pytest.raises(WrongState):
            jobs.resume(run)
    assert run.meta() == before
    assert run.status() is Status.RUNNING
