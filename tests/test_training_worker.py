"""The worker as a real process: it runs, waits its turn, stops when asked, and goes on after being killed."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from studio import files
from studio.errors import WrongState
from studio.runs import curves, events, jobs, store
from studio.runs.store import Run, Status
from tests import canary, tiny
from tests.workers import SECONDS, wait_for


def long_run(workspace: Path, network: Path, **changes: object) -> Run:
    """A run that is not over before a test has done something to it."""
    settings = {"max_steps": None, "epochs": 400, "batch_size": 8, "evaluations": 20, "log_every": 1} | changes
    return tiny.new_run(workspace, "text_classification", "full", network, **settings)


def test_a_detached_worker_leaves_everything_in_the_folder(tmp_path: Path, network: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "lora", network, evaluations=2, log_every=1)
    assert run.status() is Status.INTERRUPTED  # nobody works on it yet
    process = jobs.spawn(run)
    assert run.status() is Status.QUEUED
    assert process.wait(SECONDS) == 0
    assert run.status() is Status.FINISHED
    record = store.record(run)
    assert record["step"] == record["total_steps"] == 2
    assert {"queued", "setup", "warm", "train", "evaluate", "total"} <= set(record["seconds"])
    assert set(record["baseline"]) == {"majority", "probe"}
    assert record["rows"] == {"train": 24, "valid": 9, "test": 9}
    tags = set(curves.read(run.curves))
    assert {"Loss/train", "Loss/valid", "Accuracy/valid", "MacroF1/valid", "GradNorm/train"} <= tags
    assert {"LearningRate/network", "LearningRate/head", "Throughput/samples_per_second", "Memory/peak_bytes"} <= tags
    lines = (run.predictions / "test.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in lines] == [f"test.csv:{i + 2}" for i in range(9)]
    environment = run.environment_file.read_text()
    assert str(Path.home()) not in environment
    assert str(tmp_path) not in environment
    assert canary.found(tmp_path) == []


def test_a_second_worker_for_the_same_run_is_refused(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    run = long_run(tmp_path, network)
    workers.append(jobs.spawn(run))
    with pytest.raises(WrongState):
        jobs.spawn(run)
    with pytest.raises(WrongState):
        jobs.resume(run)
    with pytest.raises(WrongState):
        jobs.delete(run)


def test_runs_take_turns_on_the_device_in_the_order_of_the_queue(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    runs = [tiny.new_run(tmp_path, "text_classification", "head", network) for _ in range(3)]
    workers += [jobs.spawn(run) for run in reversed(runs)]  # the order of spawning does not matter, the queue's does
    for process in workers:
        assert process.wait(SECONDS) == 0
    spans = [(_at(run, events.Preparing), _at(run, events.Finished)) for run in runs]
    # The first to be spawned may find the slot free before the others exist; from then on the order is the queue's.
    later = sorted(spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(later))


def _at(run: Run, kind: type[events.Event]) -> float:
    return next(event.at for event in events.read(run.log) if isinstance(event, kind))


def test_stop_and_keep_leaves_a_model_and_metrics(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    run = long_run(tmp_path, network)
    workers.append(jobs.spawn(run))
    wait_for(lambda: run.progress().get("step", 0) > 2)
    jobs.stop(run)
    jobs.stop(run)  # a second click is harmless
    assert workers[0].wait(SECONDS) == 0
    assert run.status() is Status.STOPPED
    assert (run.model / "model.safetensors").is_file()
    assert store.record(run)["metrics"]["test"]["n"] == 9


def test_stop_and_discard_leaves_no_weights(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    run = long_run(tmp_path, network)
    workers.append(jobs.spawn(run))
    wait_for(lambda: run.progress().get("step", 0) > 2)
    jobs.stop(run, discard=True)
    assert workers[0].wait(SECONDS) == 0
    assert run.status() is Status.STOPPED
    assert not run.model.exists()
    assert not run.checkpoints.exists()


def test_a_run_can_be_stopped_while_it_waits_and_while_it_prepares(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    first, second = long_run(tmp_path, network), long_run(tmp_path, network)
    workers += [jobs.spawn(first), jobs.spawn(second)]
    wait_for(lambda: second.log.exists() and second.status() is Status.QUEUED)
    jobs.stop(second)
    assert workers[1].wait(SECONDS) == 0
    assert second.status() is Status.STOPPED
    wait_for(lambda: first.status() is Status.PREPARING)
    jobs.stop(first)
    assert workers[0].wait(SECONDS) == 0
    assert first.status() is Status.STOPPED


GOLDEN = {"epochs": 60, "evaluations": 30, "dropout": 0.2, "attention_dropout": 0.2, "log_every": 5}


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory, network: Path) -> Run:
    """A run that nobody disturbed."""
    run = long_run(tmp_path_factory.mktemp("golden"), network, **GOLDEN)
    assert jobs.spawn(run).wait(SECONDS) == 0
    return run


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_a_run_whose_process_ends_is_interrupted_and_resumes_to_the_same_bits(
    number: signal.Signals, tmp_path: Path, network: Path, golden: Run, workers: list[subprocess.Popen[bytes]]
) -> None:
    run = long_run(tmp_path, network, **GOLDEN)
    workers.append(jobs.spawn(run))
    _end_after(run, workers[-1], number, checkpoints=3)
    workers.append(jobs.resume(run))
    _end_after(run, workers[-1], number, checkpoints=6)
    assert jobs.resume(run).wait(SECONDS) == 0
    assert run.status() is Status.FINISHED
    weights = "model.safetensors"
    assert files.sha256(run.model / weights) == files.sha256(golden.model / weights)
    assert curves.read(run.curves).keys() == curves.read(golden.curves).keys()
    for tag, points in curves.read(golden.curves).items():
        if not tag.startswith(("Throughput", "Memory")):
            assert curves.read(run.curves)[tag] == points


def _end_after(run: Run, worker: subprocess.Popen[bytes], number: signal.Signals, checkpoints: int) -> None:
    wait_for(lambda: sum(isinstance(event, events.Saved) for event in events.read(run.log)) >= checkpoints)
    os.kill(worker.pid, number)
    worker.wait(SECONDS)
    assert run.status() is Status.INTERRUPTED


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        pytest.param("nan@3", Status.FAILED, "not_finite", marks=pytest.mark.thorough),
        ("oom@3", Status.FINISHED, None),
        ("kill@3", Status.INTERRUPTED, None),
        pytest.param("disk-full@3", Status.FAILED, "storage", marks=pytest.mark.thorough),
        pytest.param("gpu-lost@3", Status.FAILED, "device_lost", marks=pytest.mark.thorough),
    ],
)
def test_a_fault_ends_in_plain_words_and_never_loses_the_run(
    fault: str, status: Status, code: str | None, tmp_path: Path, network: Path
) -> None:
    changes = {"max_steps": 6, "epochs": 3, "evaluations": 6}
    run = tiny.new_run(tmp_path, "text_classification", "full", network, **changes)
    jobs.spawn(run, {"STUDIO_FAULT": fault}).wait(SECONDS)
    record = store.record(run)
    assert record["status"] == status.value
    if code is not None:
        assert record["error"]["code"] == code
        assert "Traceback" not in str(record["error"])
        assert record["error"]["next"]
    assert canary.found(tmp_path) == []
    if fault.startswith("oom"):
        assert any(isinstance(event, events.Shrunk) for event in events.read(run.log))
    if status is not Status.FINISHED:
        assert jobs.resume(run).wait(SECONDS) == 0
        assert run.status() is Status.FINISHED


@pytest.mark.thorough
def test_a_damaged_newest_checkpoint_is_passed_over(tmp_path: Path, network: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", network, max_steps=6, epochs=3, evaluations=6)
    jobs.spawn(run, {"STUDIO_FAULT": "kill@5"}).wait(SECONDS)
    newest = max(run.checkpoints.iterdir()) / "weights.safetensors"
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(bytes(content))
    assert jobs.resume(run).wait(SECONDS) == 0
    assert run.status() is Status.FINISHED
    assert [w["code"] for w in store.record(run)["warnings"]] == ["damaged_checkpoint"]


def test_a_run_does_not_go_on_when_its_data_changed(tmp_path: Path, network: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", network, max_steps=6, epochs=3, evaluations=6)
    jobs.spawn(run, {"STUDIO_FAULT": "kill@3"}).wait(SECONDS)
    record = tmp_path / "datasets" / run.spec().dataset / "dataset.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"fingerprint": "another"}))
    jobs.resume(run).wait(SECONDS)
    assert run.status() is Status.FAILED
    assert store.record(run)["error"]["code"] == "changed_since"
