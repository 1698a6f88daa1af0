"""Finished runs as files alone: made in milliseconds, with the predictions, metrics and curves a test asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import files, sealed
from studio.runs import events
from studio.runs.store import Run
from studio.training.recorder import Recorder
from tests import tiny


def finished(
    workspace: Path, task: str, rows: Sequence[Mapping[str, Any]], method: str = "full", **changes: Any
) -> Run:
    """A run on a tiny dataset that answered its test rows with `rows`: lines of `predictions/test.jsonl`."""
    run = tiny.new_run(workspace, task, method, workspace / "network", **changes)
    report = {
        "metrics": {"main": "any", "valid": {"n": 0}, "test": {"n": len(rows)}},
        "baseline": {"majority": {}, "probe": None},
    }
    return finish(run, rows, report)


def finish(run: Run, rows: Sequence[Mapping[str, Any]], report: Mapping[str, Any], split: str = "test") -> Run:
    """Write what a worker leaves at the end."""
    files.make_folder(run.predictions)
    files.write_lines(run.predictions / f"{split}.jsonl", (json.dumps(row, ensure_ascii=False) for row in rows))
    sealed.write(run.metrics_file, dict(report))
    events.append(run.log, events.Started(0))
    events.append(run.log, events.Finished(9))
    return run


def record_curves(run: Run, curves: Mapping[str, Sequence[float]]) -> None:
    """Points at the steps 1, 2, 3 and so on of each tag."""
    recorder = Recorder(run)
    for tag, values in curves.items():
        for step, value in enumerate(values, 1):
            recorder.scalar(tag, value, step)
    recorder.flush()
    recorder.close()


def answered(target: str, label: str, score: float, line: str = "test.csv:2") -> dict[str, Any]:
    """One row with a class as a run keeps it."""
    return {"line": line, "target": target, "label": label, "score": score, "top": [{"label": label, "score": score}]}


def tagged(target: Sequence[str], tags: Sequence[str], scores: Sequence[float]) -> dict[str, Any]:
    """One row of words as a run keeps it."""
    mean = sum(scores) / len(scores) if scores else 1.0
    return {"line": "test.csv:2", "target": [*target], "tags": [*tags], "scores": [*scores], "score": mean}
