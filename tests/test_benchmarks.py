"""The programs in `benchmarks/` run as they say; what they measure is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import processes
from studio.runs.store import Run, Status
from studio.tasks import TASKS
from tests import tiny

FOLDER = Path(__file__).parents[1] / "benchmarks"
CASES = (  # and full tuning of a text classifier, in the test after this
    ("token_classification", "lora", "bert"),
    ("image_classification", "head", "resnet"),
)
PHASES = {"imports", "loading", "training", "testing", "whole"}


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its device and precision for the life of a process; a test must not inherit them."""
    from accelerate.state import AcceleratorState

    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def compared(run: Run, *options: str) -> dict[str, Any]:
    workspace = str(run.folder.parent.parent)
    command = [sys.executable, str(FOLDER / "against_trainer.py"), run.id, "--workspace", workspace, "--json", *options]
    done = subprocess.run(command, env=processes.environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.thorough
@pytest.mark.parametrize(("task", "method", "family"), CASES, ids=lambda part: part)
def test_trainer_is_run_on_the_same_rows_and_scored_by_the_same_metrics(
    task: str, method: str, family: str, tmp_path: Path
) -> None:
    tiny.NETWORKS[family].make(tmp_path / "network")
    run = tiny.new_run(tmp_path, task, method, tmp_path / "network")
    recorded = tiny.run_in_process(run)
    before = sorted(tmp_path.rglob("*"))
    report = compared(run)
    assert sorted(tmp_path.rglob("*")) == before  # nothing is left in the workspace
    assert report["metric"] == TASKS[task].metric
    studio, trainer = report["results"]
    for metric in TASKS[task].metrics:
        assert studio["metrics"][metric] == recorded["metrics"]["test"][metric]
        assert 0 <= trainer["metrics"][metric] <= 1
    assert studio["rows"] == trainer["rows"] == {"train": 24, "test": 9}
    assert studio["trainable_parameters"] == trainer["trainable_parameters"]
    assert set(trainer["seconds"]) == PHASES
    assert trainer["samples_per_second"] == pytest.approx(2 * 8 / trainer["seconds"]["training"], rel=0.1)
    assert studio["measured"] != trainer["measured"] == "now"


@pytest.mark.thorough
def test_the_run_is_repeated_first_when_both_are_to_be_measured_now(tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    tiny.run_in_process(run)
    report = compared(run, "--again", "--rate", "0.002", "--epochs", "2")
    studio, trainer = report["results"]
    assert studio["measured"] == trainer["measured"] == "now"
    assert all(seconds is not None for seconds in studio["seconds"].values())
    assert (trainer["learning_rate"], trainer["epochs"]) == (0.002, 2)
    again = next(Run(folder) for folder in run.folder.parent.iterdir() if folder.name != run.id)
    assert again.status() is Status.FINISHED
    assert again.spec() == run.spec()


def test_a_run_that_is_not_finished_is_refused_with_a_sentence(tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    command = [sys.executable, str(FOLDER / "against_trainer.py"), run.id, "--workspace", str(tmp_path)]
    done = subprocess.run(command, env=processes.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "cannot be compared" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
def test_planted_labels_are_counted_among_the_suspects(tmp_path: Path) -> None:
    kinds = (("how do i reset my password", "account"), ("where is my parcel now", "delivery"))
    table = "".join(f"{text} {i},{label}\n" for i in range(60) for text, label in kinds)
    (tmp_path / "mail.csv").write_text(f"text,label\n{table}")
    command = [sys.executable, str(FOLDER / "planted.py"), str(tmp_path / "mail.csv"), "--share", "0.05"]
    done = subprocess.run(command, env=processes.environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "6 of 120 labels flipped" in done.stdout
    assert "100.0%" in done.stdout.splitlines()[-1]
