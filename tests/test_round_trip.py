"""Each later task once through real processes: trained, killed, resumed to the same bits, exported, asked elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import files, settings
from studio.export import builder
from studio.export.formats import FORMATS
from studio.inference import client
from studio.runs import events, jobs
from studio.runs.store import Run, Status
from studio.tasks import TASKS
from studio.ui.panels.result_guesses import asking
from tests import tiny, trained
from tests.test_export_builder import unpacked
from tests.workers import SECONDS, wait_for

LONG = {"epochs": 8, "max_steps": 24, "evaluations": 8, "rate_trials": 0}


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its device and precision for the life of a process; a test must not inherit them."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "task",
    [
        "text_pair_classification",
        "text_pair_regression",
        "multilabel_classification",
        "question_answering",
        "masked_language_modeling",
    ],
)
def test_a_killed_run_resumes_exactly_and_its_export_answers_alike_elsewhere(
    task: str, tmp_path: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    golden = tiny.new_run(tmp_path / "golden", task, "lora", tmp_path / "network", **LONG)
    tiny.run_in_process(golden)
    run = tiny.new_run(tmp_path / "killed", task, "lora", tmp_path / "network", **LONG)
    workers.append(jobs.spawn(run))
    wait_for(lambda: any(isinstance(event, events.Saved) for event in events.read(run.log)))
    os.kill(workers[-1].pid, signal.SIGKILL)
    workers[-1].wait(SECONDS)
    assert run.status() is Status.INTERRUPTED
    assert jobs.resume(run).wait(SECONDS) == 0
    assert run.status() is Status.FINISHED
    assert _weights(run) == _weights(golden)
    builder.build(run, FORMATS["adapter"], tmp_path / "export.zip")
    _same_answers(run, tmp_path / "export.zip", tmp_path)
    _checks_itself(tmp_path / "export.zip", tmp_path / "elsewhere")


@pytest.mark.parametrize("longest", [4, 9])
def test_hidden_words_are_asked_for_within_what_little_is_read(longest: int, tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    changes: dict[str, Any] = {"max_steps": 2, "epochs": 1, "max_length": longest}
    run = tiny.new_run(tmp_path, "masked_language_modeling", "full", tmp_path / "network", **changes)
    tiny.run_in_process(run)
    builder.build(run, FORMATS["model"], tmp_path / "export.zip")
    _checks_itself(tmp_path / "export.zip", tmp_path / "elsewhere")
    tests = files.read_json(tmp_path / "elsewhere" / "selftest.json")
    assert all(test["input"].count("___") == 1 and test["scores"] for test in tests)


def _weights(run: Run) -> str:
    return files.sha256(run.model / "adapter_model.safetensors")


def _same_answers(run: Run, archive: Path, folder: Path) -> None:
    """The export answers the held-out rows as the run has kept it."""
    rows = trained.held_out(run)
    names = [column.name for column in TASKS[run.spec().task].inputs]
    asked = [dict(zip(names, row, strict=True)) for row in zip(*(rows[name] for name in names), strict=True)]
    lines = (run.predictions / "test.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [json.loads(line) for line in lines]
    if "guesses" in kept[0]:
        asked = [{"text": asking(row)} for row in kept]
    with client.predictor(archive, settings.load(workspace=folder / "asking")) as predictor:
        answers = predictor.predict(asked)
    if "guesses" in kept[0]:
        kept, answers = ([row | {"answer": _likeliest(row)} for row in found] for found in (kept, answers))
    said = next(name for name in ("label", "labels", "answer", "number") if name in kept[0])
    wanted = [row[said] for row in kept]
    assert [answer[said] for answer in answers] == (pytest.approx(wanted, rel=1e-5) if said == "number" else wanted)
    if said == "answer":
        assert [answer["score"] for answer in answers] == pytest.approx([row["score"] for row in kept], abs=1e-5)


def _likeliest(row: dict[str, Any]) -> list[str]:
    return [guesses[0]["label"] for guesses in row["guesses"]]


def _checks_itself(archive: Path, folder: Path) -> None:
    unpacked(archive, folder)
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "predict.py"), "--selftest"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
