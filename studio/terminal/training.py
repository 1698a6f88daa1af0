"""The commands that set work going: forecast, train, resume; and waiting for a run.

The run has a process of its own: whoever waits here only looks at its folder, and may leave at any time.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from studio.errors import TrainingError, WrongState
from studio.terminal import text
from studio.terminal.data import dataset_or_file
from studio.terminal.desk import Answer, Data, Desk, pairs
from studio.terminal.progress import Moment
from studio.terminal.runs import changed_options, run_page, silence
from studio.terminal.tables import facts
from studio.terminal.text import number

if TYPE_CHECKING:
    from studio.api import Tail, Wish

LOOK = 0.3  # seconds between two looks at a run
OVER = ("finished", "stopped", "failed", "interrupted")
_WAITING = {"queued": "waiting for the device", "preparing": "preparing", "stopping": "stopping"}


def wish(desk: Desk) -> Wish:
    """What the options of `train` and `forecast` ask for."""
    from studio.api import Wish

    given = desk.given
    changes: dict[str, Any] = dict(pairs(given.set, "--set"))
    if given.seed is not None:
        changes["seed"] = given.seed
    return Wish(task=given.task, method=given.method, preset=given.preset, changes=changes)


def forecast(desk: Desk) -> Answer:
    wanted = wish(desk)
    dataset = dataset_or_file(desk)
    found = desk.studio.forecast(dataset["dataset"], desk.given.model, wanted, desk.report)
    desk.progress.close()
    return Answer(
        found,
        facts({name.removesuffix("_bytes").replace("_", " "): _measured(name, value) for name, value in found.items()}),
    )


def _measured(name: str, value: Any) -> Any:
    """A forecast's value with its unit, which its name tells."""
    if isinstance(value, dict):
        return ", ".join(f"{part} {number(_measured(name, measured))}" for part, measured in value.items())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if name.endswith("bytes"):
        return text.size(value)
    return text.duration(value) if name.startswith("seconds") else value


def train(desk: Desk) -> Answer:
    given, wanted = desk.given, wish(desk)
    dataset = dataset_or_file(desk)
    for warning in desk.studio.warnings(dataset["dataset"], given.model, wanted):
        desk.progress.note(f"warning: {warning['message']}")
    record = desk.studio.start(dataset["dataset"], given.model, wanted, given.name or "", spawn=not given.no_worker)
    if given.no_worker:
        return Answer(record, f"The run '{text.visible(record['name'])}' waits for a worker: {record['folder']}")
    return _started(desk, record)


def resume(desk: Desk) -> Answer:
    return _started(desk, desk.studio.resume(desk.given.run))


def _started(desk: Desk, record: Data) -> Answer:
    if desk.given.detach:
        return Answer(record, f"The run '{text.visible(record['name'])}' has started: {record['run']}")
    return ended(desk, Watch(desk, record).wait())


def ended(desk: Desk, record: Data) -> Answer:
    """The answer about a run that was waited for. One that failed or lost its worker is a failure."""
    page = run_page(record | {"error": None}, changed_options(desk, record))
    if record["status"] == "interrupted":
        lost = TrainingError(
            "The run's worker ended without a last word.",
            why="It was killed, ran out of memory, or the machine stopped.",
            next=f"'resume {record['run']}' goes on from the last checkpoint; 'log {record['run']}' shows its output.",
        )
        record = record | {"error": lost.record()}
    error = record["error"]
    return Answer(record, page, TrainingError.exit_code if error else 0, error)


class Watch:
    """Follows a run to its end. Ctrl-C asks it to stop and keep its model; a second one leaves it to that."""

    def __init__(self, desk: Desk, record: Data) -> None:
        self._desk = desk
        self._record = record
        self._stopping = False
        self._warned = 0
        self._metric = next((t["metric"] for t in desk.studio.tasks() if t["name"] == record["task"]), "")

    def wait(self) -> Data:
        """The record of the run when it is over, or when the second Ctrl-C comes. Where our end is the worker's (a
        container's first process), SIGTERM lets it save first; elsewhere it goes on without us."""
        if self._desk.studio.takes_workers_along():
            signal.signal(signal.SIGTERM, lambda *_: self._desk.studio.pause())
        tail = self._desk.studio.tail(self._record["run"])
        while self._record["status"] not in OVER:
            try:
                self._look(tail)
                time.sleep(LOOK)
            except KeyboardInterrupt:
                if self._stopping:
                    self._desk.progress.note("The run stops by itself after its current step.")
                    break
                self._stop()
        self._desk.progress.close()
        return self._desk.studio.show(self._record["run"])

    def _look(self, tail: Tail) -> None:
        self._record = self._desk.studio.show(self._record["run"])
        for warning in self._record["warnings"][self._warned :]:
            self._desk.progress.note(f"warning: {warning['message']}")
        self._warned = len(self._record["warnings"])
        tail.poll()
        self._desk.progress.show(moment(self._record, details(self._record, tail.curves, self._metric)))

    def _stop(self) -> None:
        self._stopping = True
        with suppress(WrongState):  # it ended in the meantime
            self._desk.studio.stop(self._record["run"])
        self._desk.progress.note(
            "Stopping after the current step and keeping the model. Ctrl-C again leaves it to that."
        )


def moment(record: Mapping[str, Any], shown: str) -> Moment:
    """How far a run has come."""
    status, step, total = record["status"], record["step"], record["total_steps"]
    phase = silence(record) or _WAITING.get(status) or record["phase"] or status
    return Moment(str(phase), step / total if total and status == "running" else None, shown)


def details(record: Mapping[str, Any], curves: Mapping[str, list[tuple[int, float]]], metric: str) -> str:
    """Step, loss, best metric and the time left, as far as they are known."""
    if not record["total_steps"]:
        return ""
    parts = [f"step {record['step']:,} of {record['total_steps']:,}"]
    if losses := curves.get("Loss/train"):
        parts.append(f"loss {losses[-1][1]:.3f}")
    tag = "".join(part.capitalize() for part in metric.split("_")) + "/valid"
    if values := curves.get(tag):
        parts.append(f"best {metric.replace('_', ' ')} {max(value for _, value in values):.3f}")
    if record["seconds_left"]:
        parts.append(f"{text.duration(record['seconds_left'])} left")
    return ", ".join(parts)
