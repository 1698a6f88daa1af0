"""Cases for the run doctor: a sound run of 100 steps, and whatever a test wants to be different about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from studio.contracts import Source, SourceKind
from studio.runs.case import Case
from studio.runs.store import Status
from studio.spec import RunSpec, TrainingParams

TRAINING = TrainingParams(epochs=4, learning_rate=3e-5, head_learning_rate=1.5e-4, early_stopping=0)
SPEC = RunSpec(
    task="text_classification",
    family="bert",
    model="minilm-l6",
    source=Source(SourceKind.HUB, "someone/model", "a" * 40),
    method="full",
    preset="balanced",
    dataset="0" * 26,
    fingerprint="f" * 64,
    labels=("bad", "fine", "good"),
    device="cpu",
    training=TRAINING,
)
STEPS = 100


def falling(start: float, end: float, points: int = 50) -> list[float]:
    return [start + (end - start) * i / (points - 1) for i in range(points)]


def spread(values: Sequence[float]) -> list[tuple[int, float]]:
    """The values evenly over the steps of the run, the last one at its end."""
    return [(round(STEPS * (i + 1) / len(values)), value) for i, value in enumerate(values)]


SOUND: Mapping[str, Sequence[float]] = {
    "Loss/train": falling(1.1, 0.2),
    "Loss/valid": falling(1.1, 0.3, 10),
    "MacroF1/valid": [0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.85, 0.851, 0.85],
}
REPORT: Mapping[str, Any] = {
    "metrics": {"main": "macro_f1", "valid": {}, "test": {"macro_f1": 0.85, "n": 500, "interval": [0.82, 0.88]}},
    "baseline": {"majority": {"macro_f1": 0.2, "loss": 1.1}, "probe": {"macro_f1": 0.7, "loss": 0.8}},
    "seconds": {"warm": 10.0, "train": 90.0},
    "step": STEPS,
}
FACTS: Mapping[str, Any] = {
    "total_steps": STEPS,
    "baseline": REPORT["baseline"],
    "rows": {"train": 800, "valid": 100, "test": 500},
    "rows_cut": 8,
    "max_length": 64,
    "rate_factor": 1.0,
}


def case(curves: Mapping[str, Sequence[float]] | None = None, **changes: Any) -> Case:
    """A finished run without faults, but for other curves and fields; `training` and `facts` are merged in."""
    spec = changes.pop("spec", SPEC)
    training = spec.training.model_copy(update=changes.pop("training", {}))
    points = {tag: spread(values) for tag, values in (dict(SOUND) | dict(curves or {})).items()}
    facts = dict(FACTS) | changes.pop("facts", {})
    found = Case(
        status=Status.FINISHED,
        spec=spec.model_copy(update={"training": training, "method": changes.pop("method", spec.method)}),
        curves=points,
        facts=facts,
        report=REPORT,
        step=STEPS,
    )
    return replace(found, **changes)


def measured(value: float, interval: tuple[float, float], probe: float | None = 0.7) -> dict[str, Any]:
    """A report with these results on the test rows."""
    test = {"macro_f1": value, "n": 500, "interval": list(interval)}
    baseline = {"majority": {"macro_f1": 0.2, "loss": 1.1}, "probe": None if probe is None else {"macro_f1": probe}}
    return dict(REPORT) | {"metrics": {"main": "macro_f1", "valid": {}, "test": test}, "baseline": baseline}
