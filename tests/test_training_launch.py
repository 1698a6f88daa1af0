"""A run on two devices, as real processes: one of them dies, or runs short of memory, or is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from studio import files
from studio.runs import curves, events, jobs, store
from studio.runs.store import Run, Status
from tests import tiny
from tests.workers import SECONDS, wait_for

ROOT = Path(__file__).parent.parent
CHANGES: dict[str, Any] = {
    "devices": 2,
    "max_steps": 24,
    "epochs": 8,
    "batch_size": 7,
    "evaluations": 4,
    "dropout": 0.2,
    "attention_dropout": 0.2,
    "log_every": 3,
}


def processes_of(run: Run) -> list[int]:
    """The processes, but for the worker, that train the run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"studio.training.rank" in words and os.fsencode(run.folder) in words:
            found.append(int(folder.name))
    return found


def by_torchrun(run: Run, *options: str, fault: str = "") -> int:
    """Do the whole run with two workers that torchrun starts, as on two machines. Returns torchrun's exit code."""
    threads = str(max(1, len(os.sched_getaffinity(0)) // 2))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *options]
    command = [*launcher, "-m", "studio.training.worker", str(run.folder)]
    variables = {"OMP_NUM_THREADS": threads} | ({"STUDIO_FAULT": fault} if fault else {})
    return subprocess.run(command, cwd=ROOT, check=False, timeout=SECONDS, env=os.environ | variables).returncode


def shrunk(run: Run) -> list[int]:
    return [event.token_budget for event in events.read(run.log) if isinstance(event, events.Shrunk)]


@pytest.mark.thorough
def test_a_run_that_lost_a_process_says_so_and_resumes_to_the_bits_of_one_by_torchrun(
    tmp_path: Path, network: Path
) -> None:
    golden = tiny.new_run(tmp_path, "text_classification", "lora", network, **CHANGES)
    assert by_torchrun(golden) == 0
    record = store.record(golden)
    assert record["status"] == Status.FINISHED.value
    assert record["step"] == 24
    assert record["device"].startswith("2 × ")
    assert {"Loss/train", "MacroF1/valid", "GradNorm/train"} <= set(curves.read(golden.curves))

    run = tiny.new_run(tmp_path, "text_classification", "lora", network, **CHANGES)
    began = time.monotonic()
    assert jobs.spawn(run, {"STUDIO_FAULT": "kill@14/1"}).wait(SECONDS) == 1
    assert time.monotonic() - began < SECONDS / 2  # nobody waits for the dead
    failed = store.record(run)
    assert failed["error"]["code"] == "training_failed"
    assert "number 2 of 2" in failed["error"]["where"]
    assert jobs.resume(run).wait(SECONDS) == 0
    assert run.status() is Status.FINISHED
    adapter = "adapter_model.safetensors"
    assert files.sha256(run.model / adapter) == files.sha256(golden.model / adapter)
    for tag, points in curves.read(golden.curves).items():
        if not tag.startswith(("Throughput", "Memory")):
            assert curves.read(run.curves)[tag] == points


@pytest.mark.thorough
@pytest.mark.parametrize("rank", [0, 1])
def test_a_device_that_gives_up_is_told_in_plain_words_whichever_it_is(
    tmp_path: Path, network: Path, rank: int
) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", network, **CHANGES)
    assert jobs.spawn(run, {"STUDIO_FAULT": f"gpu-lost@14/{rank}"}).wait(SECONDS) == 1
    assert store.record(run)["error"]["code"] == "device_lost"
    assert [type(event) for event in events.read(run.log)].count(events.Failed) == 1


@pytest.mark.thorough
def test_memory_that_runs_out_on_one_device_shrinks_the_micro_batch_of_all_and_a_stopped_run_keeps_its_model(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    changes = CHANGES | {"max_steps": None, "epochs": 1000}
    run = tiny.new_run(tmp_path, "text_classification", "full", network, **changes)
    workers.append(jobs.spawn(run, {"STUDIO_FAULT": "oom@2/1"}))
    wait_for(lambda: run.progress().get("step", 0) > 2)
    assert shrunk(run) == [1024]
    jobs.stop(run)
    assert workers[0].wait(SECONDS) == 0
    assert run.status() is Status.STOPPED
    assert (run.model / "model.safetensors").is_file()
    assert store.record(run)["metrics"]["test"]["n"] == 9
    assert not processes_of(run)


@pytest.mark.thorough
@pytest.mark.parametrize("rank", [0, 1])
def test_memory_that_runs_out_under_torchrun_makes_the_next_start_take_less(
    tmp_path: Path, network: Path, rank: int
) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", network, **CHANGES)
    assert by_torchrun(run, fault=f"oom@14/{rank}") != 0
    record = store.record(run)
    assert (record["status"], record["error"]["code"]) == ("failed", "out_of_memory")
    assert "again" in record["error"]["next"]
    assert by_torchrun(run) == 0
    assert shrunk(run) == [1024]
    assert run.status() is Status.FINISHED

    other = tiny.new_run(tmp_path, "text_classification", "full", network, **CHANGES)
    assert by_torchrun(other, "--max-restarts", "2", fault=f"oom@14/{rank}") == 0
    assert shrunk(other) == [1024]
    assert other.status() is Status.FINISHED
    assert not [event for event in events.read(other.log) if isinstance(event, events.Failed)]
    assert files.sha256(other.model / "model.safetensors") == files.sha256(run.model / "model.safetensors")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks processes up in /proc")
def test_the_processes_of_a_run_die_with_its_worker(
    tmp_path: Path, network: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", network, **CHANGES)
    workers.append(jobs.spawn(run))
    wait_for(lambda: len(processes_of(run)) == 2)
    time.sleep(1.0)  # Python itself has to be up
    os.kill(workers[0].pid, signal.SIGKILL)
    workers[0].wait(SECONDS)
    assert run.status() is Status.INTERRUPTED  # none of them holds the lock
    wait_for(lambda: not processes_of(run))
