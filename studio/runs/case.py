"""What the run doctor looks at: one frozen record of a run's facts, and how a noisy curve is read.

Gathers and smooths; judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from studio import margins
from studio.contracts import Task
from studio.methods import METHODS
from studio.runs import events
from studio.runs.curves import Curves, Point
from studio.runs.outcome import Outcome
from studio.runs.store import Run, Status
from studio.spec import RunSpec, TrainingParams
from studio.tasks import TASKS
from studio.tuning import Method

_SHORTEST = 3  # points of a moving mean


@dataclass(frozen=True)
class Case:
    """The facts of one run. `facts` were found before the first step, `report` is `metrics.json`; `classes` are those
    of the held-out rows; `budgets` the sizes that micro-batches were made smaller to."""

    status: Status
    spec: RunSpec
    curves: Curves = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[Mapping[str, Any]] = ()
    budgets: tuple[int, ...] = ()
    step: int = 0

    @property
    def task(self) -> Task:
        return TASKS[self.spec.task]

    @property
    def method(self) -> Method:
        return METHODS[self.spec.method]

    @property
    def training(self) -> TrainingParams:
        return self.spec.training

    @property
    def total_steps(self) -> int:
        return int(self.facts.get("total_steps") or 0)

    @property
    def share(self) -> float:
        """How much of the planned training is done."""
        return self.step / self.total_steps if self.total_steps else 0.0

    @cached_property
    def train_loss(self) -> list[Point]:
        return _finite(self.curves.get("Loss/train", ()))

    @cached_property
    def valid_loss(self) -> list[Point]:
        return _finite(self.curves.get("Loss/valid", ()))

    @cached_property
    def scores(self) -> list[Point]:
        """The main metric on the validation rows."""
        return _finite(self.curves.get(f"{tag(self.task.metric)}/valid", ()))

    @property
    def best(self) -> Point | None:
        """The step with the highest score, the first of equals, as the training keeps it: what a final layer drawn by
        chance guesses before the first step counts only until there is another."""
        trained = [point for point in self.scores if point[0] or not self.facts.get("by_chance")]
        return max(trained or self.scores, key=lambda point: point[1], default=None)

    @property
    def value(self) -> float | None:
        """The main metric on the test rows."""
        return self._test(self.report.get("metrics", {}).get("test"))

    @property
    def interval(self) -> list[float] | None:
        return margins.known(self.report.get("metrics", {}).get("test", {}))

    def baseline(self, name: str) -> float | None:
        """The main metric on the test rows of a baseline: "majority" or "probe"."""
        found = self.report.get("baseline") or self.facts.get("baseline") or {}
        return self._test(found.get(name))

    def _test(self, metrics: Mapping[str, Any] | None) -> float | None:
        value = (metrics or {}).get(self.task.metric)
        return None if value is None else float(value)

    @property
    def chance(self) -> float:
        """The loss of who knows nothing but how frequent each class is."""
        majority = (self.facts.get("baseline") or {}).get("majority") or {}
        return float(majority.get("loss") or math.log(max(2, len(self.spec.labels))))


def gather(run: Run, curves: Curves, found: Outcome, classes: Sequence[Mapping[str, Any]]) -> Case:
    """The case of a run; `classes` are the entries of its per-class table. Raises WrongState if it cannot be read."""
    history = events.read(run.log)
    failed = next((e.error for e in reversed(history) if isinstance(e, events.Failed)), {})
    status = run.status()
    return Case(
        status=status,
        spec=found.spec,
        curves=curves,
        facts=found.facts,
        report=found.report,
        error=failed if status is Status.FAILED else {},
        classes=classes,
        budgets=tuple(e.token_budget for e in history if isinstance(e, events.Shrunk)),
        step=int(run.progress().get("step") or found.report.get("step") or 0),
    )


def tag(metric: str) -> str:
    """How a metric is called among the curves: macro_f1 becomes MacroF1."""
    return "".join(part.capitalize() for part in metric.split("_"))


def _finite(points: Sequence[Point]) -> list[Point]:
    return [(step, value) for step, value in points if math.isfinite(value)]


def smooth(points: Sequence[Point]) -> list[Point]:
    """The moving mean over a tenth of the curve, at the last step it covers; empty for a curve that is too short."""
    width = max(_SHORTEST, len(points) // 10)
    if len(points) < 2 * width:
        return []
    means = np.convolve([value for _, value in points], np.full(width, 1 / width), "valid")
    return [(points[i + width - 1][0], float(mean)) for i, mean in enumerate(means)]


def at(points: Sequence[Point], step: int) -> float:
    """The value of a curve at the last point up to `step`, or its first value."""
    before = [value for place, value in points if place <= step]
    return before[-1] if before else points[0][1]
