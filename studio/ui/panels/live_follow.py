"""What is looked up about a run every second: its record, its newest points, its place in the queue.

Curves are read on from where the last look ended, names of datasets once. Draws nothing.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.api import Machine, Studio, Tail
from studio.errors import StudioError
from studio.ui.shared import Data

MOST = 16  # runs whose curves are kept at hand
ENDS = ("finished", "stopped", "failed")
OVER = (*ENDS, "interrupted")
_BEGINS = ("waiting", "preparing")  # of a worker


@dataclass(frozen=True)
class Look:
    """What is known about a run at one moment; `best` is the step and value of its best score on validation rows."""

    record: Data
    timeline: list[Data]
    now: float
    dataset: str = ""
    model: str = ""
    method: str = ""
    metric: str = ""
    best: tuple[int, float] | None = None
    speed: float | None = None
    memory: float | None = None
    queue: Sequence[Data] = ()
    findings: Sequence[Data] = ()
    machine: Machine = field(default_factory=lambda: Machine(1))

    @property
    def status(self) -> str:
        return str(self.record["status"])

    @property
    def over(self) -> bool:
        return self.status in OVER


class Follower:
    """Looks at runs; threads may share it."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._metrics = {task["name"]: str(task["metric"]) for task in studio.tasks()}
        self._methods = {str(method["name"]): str(method["label"]) for method in studio.methods()}
        self._models = {str(model["name"]): str(model["label"]) for model in studio.models()}
        self._tails: OrderedDict[str, Tail] = OrderedDict()
        self._datasets: OrderedDict[str, str] = OrderedDict()
        self._guard = threading.Lock()

    def look(self, run: str, now: float) -> Look:
        """Raises UnknownName, and WrongState for a run that cannot be read."""
        record = self._studio.show(run)
        tail = self._tail(record["run"])
        metric = self._metrics.get(record["task"], "")
        return Look(
            record=record,
            timeline=self._studio.results.timeline(run),
            now=now,
            dataset=self.dataset(record["dataset"]),
            model=self._models.get(record["model"], model_name(record["model"])),
            method=self._methods.get(record["method"], str(record["method"])),
            metric=metric,
            best=best(tail.curves.get(f"{tag(metric)}/valid", ()), bool(record["facts"].get("by_chance"))),
            speed=record["samples_per_second"] or _last(tail, "Throughput/samples_per_second"),
            memory=record["peak_memory_bytes"] or _last(tail, "Memory/peak_bytes"),
            queue=self._studio.results.queue() if record["status"] == "queued" else (),
            findings=self._findings(run),
            machine=self._studio.machine(),
        )

    def dataset(self, identifier: str) -> str:
        """The name of a dataset, or the beginning of its id where it is gone."""
        with self._guard:
            if identifier in self._datasets:
                return self._datasets[identifier]
        try:
            name = str(self._studio.dataset(identifier)["name"])
        except StudioError:
            return f"{identifier[:6]}…"
        with self._guard:
            self._datasets[identifier] = name
            while len(self._datasets) > 100 * MOST:
                self._datasets.popitem(last=False)
        return name

    def _findings(self, run: str) -> list[Data]:
        """The run doctor's findings; none where its results cannot be read, so that the rest is still shown."""
        try:
            return self._studio.results.health(run)
        except StudioError:
            return []

    def _tail(self, run: str) -> Tail:
        with self._guard:
            if run not in self._tails:
                self._tails[run] = self._studio.tail(run)
            self._tails.move_to_end(run)
            while len(self._tails) > MOST:
                self._tails.popitem(last=False)
            tail = self._tails[run]
        tail.poll()
        return tail


def model_name(model: str) -> str:
    """A model that is none of the menu: of a folder its last part."""
    return model.rstrip("/").rsplit("/", 1)[-1] or model


def tag(metric: str) -> str:
    """How curves spell a metric: macro_f1 is MacroF1."""
    return "".join(part.capitalize() for part in metric.split("_"))


def best(points: Sequence[tuple[int, float]], by_chance: bool = False) -> tuple[int, float] | None:
    """The step and value of the highest score, the first of equals, as the training keeps it: a final layer that begins
    `by_chance` has no score that counts before the first step, unless there is no other."""
    finite = [point for point in list(points) if math.isfinite(point[1])]
    trained = [point for point in finite if point[0] or not by_chance]
    return max(trained or finite, key=lambda point: point[1], default=None)


def _last(tail: Tail, name: str) -> float | None:
    points = tail.curves.get(name)
    return points[-1][1] if points and math.isfinite(points[-1][1]) else None


def worked(timeline: Sequence[Data], alive: bool, now: float) -> float:
    """Seconds that workers spent on a run, without waiting. One that was cut off counts until its last word."""
    total, began, last = 0.0, None, 0.0
    for event in timeline:
        if event["event"] in _BEGINS and began is not None:
            total, began = total + last - began, None
        if event["event"] == "preparing":
            began = event["at"]
        last = event["at"]
        if event["event"] in ENDS and began is not None:
            total, began = total + last - began, None
    if began is not None:
        total += (now if alive else last) - began
    return max(0.0, total)
