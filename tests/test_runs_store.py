"""The state of a run follows from its folder alone: the lock, the log and the stop file."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio import files, sealed
from studio.contracts import Source, SourceKind
from studio.errors import UnknownName, WrongState
from studio.identifiers import is_id
from studio.locks import Lock
from studio.runs import events, store
from studio.runs.store import Run, Status
from studio.spec import RunSpec, TrainingParams

SPEC = RunSpec(
    task="text_classification",
    family="bert",
    model="minilm-l6",
    source=Source(SourceKind.HUB, "someone/model", "a" * 40),
    method="lora",
    preset="balanced",
    dataset="0" * 26,
    fingerprint="f" * 64,
    labels=("bad", "good 好"),
    device="cpu",
    method_options={"rank": 4},
    training=TrainingParams(epochs=2),
)
WAITING, PREPARING, STARTED, EVALUATING = events.Waiting(), events.Preparing(), events.Started(0), events.Evaluating(9)
FINISHED, STOPPED, FAILED = (
    events.Finished(9),
    events.Stopped(3, kept=True),
    events.Failed({"code": "x", "what": "No."}),
)
NOTES = [events.Prepared({"device": "cpu"}), events.Warned("a", "b"), events.Saved(3), events.Shrunk(128)]
Q, P, R = Status.QUEUED, Status.PREPARING, Status.RUNNING


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return store.create(tmp_path / "runs", SPEC, "first", "me")


def status(run: Run, history: list[events.Event], alive: bool, stopping: bool) -> Status:
    """The state of a run with this log, while somebody holds its lock or nobody does."""
    files.remove(run.log)
    files.remove(run.stop_file)
    for event in history:
        events.append(run.log, replace(event, at=time.time()))
    if stopping:
        run.stop_file.write_text("keep\n")
    lock = Lock.take(run.lock)
    assert lock is not None
    if not alive:
        lock.release()
        return run.status()
    with lock:
        return run.status()


@pytest.mark.parametrize(
    ("history", "alive", "dead"),
    [
        ([], Q, Status.INTERRUPTED),
        ([WAITING], Q, Status.INTERRUPTED),
        ([WAITING, PREPARING], P, Status.INTERRUPTED),
        ([WAITING, PREPARING, NOTES[0]], P, Status.INTERRUPTED),
        ([WAITING, PREPARING, STARTED], R, Status.INTERRUPTED),
        ([WAITING, PREPARING, STARTED, *NOTES], R, Status.INTERRUPTED),
        ([WAITING, PREPARING, STARTED, EVALUATING], R, Status.INTERRUPTED),
        ([WAITING, PREPARING, STARTED, EVALUATING, FINISHED], Q, Status.FINISHED),
        ([WAITING, PREPARING, STARTED, STOPPED], Q, Status.STOPPED),
        ([WAITING, FAILED], Q, Status.FAILED),
        ([WAITING, PREPARING, STARTED, FAILED, WAITING], Q, Status.INTERRUPTED),
        ([WAITING, PREPARING, STARTED, STOPPED, WAITING, PREPARING], P, Status.INTERRUPTED),
    ],
)
def test_the_state_follows_from_the_log_and_the_lock(
    run: Run, history: list[events.Event], alive: Status, dead: Status
) -> None:
    assert status(run, history, alive=True, stopping=False) is alive
    assert status(run, history, alive=False, stopping=False) is dead


def test_a_resumed_run_is_queued_until_its_new_worker_speaks(run: Run) -> None:
    assert status(run, [WAITING, PREPARING, STARTED], alive=True, stopping=False) is R
    store.change_meta(run, mark=run.log.stat().st_size)
    with Lock.take(run.lock) or pytest.fail("the lock is not free"):
        assert run.status() is Q
        events.append(run.log, events.Waiting())
        events.append(run.log, events.Preparing())
        assert run.status() is P


def test_a_run_that_was_asked_to_stop_is_stopping_only_while_somebody_works_on_it(run: Run) -> None:
    assert status(run, [WAITING, PREPARING, STARTED], alive=True, stopping=True) is Status.STOPPING
    assert status(run, [WAITING, PREPARING, STARTED], alive=False, stopping=True) is Status.INTERRUPTED
    assert status(run, [WAITING, PREPARING, STARTED, STOPPED], alive=False, stopping=True) is Status.STOPPED


HISTORY = st.lists(st.sampled_from([WAITING, PREPARING, STARTED, EVALUATING, FINISHED, STOPPED, FAILED, *NOTES]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(history=HISTORY, alive=st.booleans(), stopping=st.booleans())
def test_a_run_is_over_exactly_when_nobody_works_on_it(
    run: Run, history: list[events.Event], alive: bool, stopping: bool
) -> None:
    found = status(run, history, alive, stopping)
    assert found.over is not alive
    assert (found is Status.FINISHED) <= (not alive and history[-1:] == [FINISHED])


def test_reading_the_state_changes_nothing_in_the_folder(run: Run) -> None:
    def names() -> list[tuple[str, int]]:
        return sorted((path.name, path.stat().st_mtime_ns) for path in run.folder.iterdir())

    before = names()
    assert run.status() is Status.INTERRUPTED
    store.record(run)
    assert names() == before


def test_a_new_run_has_its_spec_and_its_place_and_nothing_else(run: Run) -> None:
    assert is_id(run.id)
    assert sorted(path.name for path in run.folder.iterdir()) == ["meta.json", "spec.json"]
    assert run.spec() == SPEC
    meta = run.meta()
    assert (meta.name, meta.owner) == ("first", "me")
    assert abs(meta.created - time.time()) < 60


def test_later_runs_stand_behind_earlier_ones_and_are_listed_first(tmp_path: Path) -> None:
    made = []
    for name in "abc":
        made.append(store.create(tmp_path, SPEC, name, "me"))
        time.sleep(0.002)  # an id sorts by the millisecond of its creation
    places = [run.meta().place for run in made]
    assert places == sorted(set(places))
    assert list(store.every(tmp_path)) == made[::-1]


def test_a_run_is_found_by_its_id_or_by_its_name_newest_first(tmp_path: Path) -> None:
    old = store.create(tmp_path, SPEC, "twice", "me")
    time.sleep(0.002)
    new = store.create(tmp_path, SPEC, "twice", "me")
    assert store.find(tmp_path, old.id) == old
    assert store.find(tmp_path, "twice") == new


@pytest.mark.parametrize("reference", ["nothing", "", "../first", "0" * 26, "."])
def test_a_run_that_is_not_there_is_refused_with_its_name(run: Run, reference: str) -> None:
    with pytest.raises(UnknownName, match="There is no run"):
        store.find(run.folder.parent, reference)


def test_unfinished_and_foreign_folders_are_not_runs(run: Run) -> None:
    runs = run.folder.parent
    (runs / ("1" * 26)).mkdir()
    (runs / f"{files.STAGED}x").mkdir()
    (runs / "notes.txt").write_text("mine")
    assert list(store.every(runs)) == [run]
    assert list(store.every(runs / "missing")) == []


def test_what_a_state_does_not_allow_is_refused_with_what_would(run: Run) -> None:
    assert store.require(run, (Status.INTERRUPTED,), "resumed") is Status.INTERRUPTED
    with pytest.raises(WrongState, match="cannot be stopped: it is interrupted") as refused:
        store.require(run, (Status.RUNNING, Status.QUEUED), "stopped")
    assert refused.value.why == "Only a run that is running or queued can be stopped."


def test_the_record_of_a_run_prints_as_json_and_has_every_promised_field(run: Run) -> None:
    promised = (
        "run status step total_steps dataset task model method spec metrics baseline rows seconds samples_per_second "
        "peak_memory_bytes trainable_parameters total_parameters device precision folder"
    )
    record = json.loads(json.dumps(store.record(run), allow_nan=False))
    assert set(promised.split()) <= set(record)
    assert (record["run"], record["status"], record["step"]) == (run.id, "interrupted", 0)
    assert RunSpec.model_validate(record["spec"]) == SPEC


def test_the_record_gathers_what_the_worker_wrote(run: Run) -> None:
    events.append(run.log, events.Prepared({"device": "cpu", "trainable_parameters": 3, "rows": {"train": 8}}))
    events.append(run.log, events.Warned("rare", "One class is rare."))
    events.append(run.log, FAILED)
    sealed.write_volatile(run.progress_file, {"step": 4, "total_steps": 9, "phase": "train"})
    record = store.record(run)
    assert (record["step"], record["total_steps"], record["device"], record["rows"]) == (4, 9, "cpu", {"train": 8})
    assert record["warnings"] == [{"code": "rare", "message": "One class is rare."}]
    assert record["error"] == {"code": "x", "what": "No."}
    assert record["phase"] is None


def test_a_progress_file_that_cannot_be_read_is_no_progress(run: Run) -> None:
    for content in (b"", b'{"step": 1', b"[1]", b"\xff"):
        run.progress_file.write_bytes(content)
        assert run.progress() == {}


@pytest.mark.parametrize("name", ["spec.json", "meta.json"])
@pytest.mark.parametrize("damage", [b"", b'{"version"', b"[1]", b'{"unknown": 1}', b"\xff", None])
def test_a_damaged_run_is_left_out_of_lists_and_named_when_asked_for(run: Run, name: str, damage: bytes | None) -> None:
    broken = store.create(run.folder.parent, SPEC, "second", "me")
    if damage is None:
        files.remove(broken.folder / name)
    else:
        (broken.folder / name).write_bytes(damage)
    assert [found.id for found in store.every(run.folder.parent)] == [run.id]
    assert store.find(run.folder.parent, "first") == run
    with pytest.raises(UnknownName):
        store.find(run.folder.parent, "second")
    with pytest.raises(WrongState, match=r"newer version, is damaged"):
        store.record(broken)
