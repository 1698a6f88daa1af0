"""A run's folder: what lies where, and the state that follows from it. Reads only, but for the folder's creation.

spec.json meta.json stop                            written by the side that asks
events.jsonl progress.json tb/ checkpoints/ model/
metrics.json predictions/ environment.json worker.log  written by the worker
lock pulse.json                                     held as long as the worker lives; since when it has done nothing
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from studio import files, sealed
from studio.errors import UnknownName, WrongState
from studio.identifiers import is_id, new_id
from studio.locks import Lock
from studio.runs import events
from studio.spec import RunSpec

SILENT_SECONDS = 45.0  # without work, after which a worker that lives is said to hang


class Status(StrEnum):
    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        """No worker works on the run, and none will unless asked."""
        return self in (Status.FINISHED, Status.STOPPED, Status.FAILED, Status.INTERRUPTED)

    @property
    def works(self) -> bool:
        """A worker has the devices."""
        return self in (Status.PREPARING, Status.RUNNING, Status.STOPPING)


@dataclass(frozen=True)
class Meta:
    """What the asking side may change: name, owner, place in the queue (lower is earlier); when a worker was last asked
    for, in seconds since 1970 and in bytes of the log; a ticket; whether its workers are started by hand alone."""

    name: str
    owner: str
    place: int
    created: float
    asked: float = 0.0
    mark: int = 0
    ticket: str = ""
    by_hand: bool = False


@dataclass(frozen=True)
class Run:
    """The paths of one run."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def spec_file(self) -> Path:
        return self.folder / "spec.json"

    @property
    def meta_file(self) -> Path:
        return self.folder / "meta.json"

    @property
    def stop_file(self) -> Path:
        return self.folder / "stop"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def progress_file(self) -> Path:
        return self.folder / "progress.json"

    @property
    def pulse_file(self) -> Path:
        return self.folder / "pulse.json"

    @property
    def curves(self) -> Path:
        return self.folder / "tb"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def metrics_file(self) -> Path:
        return self.folder / "metrics.json"

    @property
    def predictions(self) -> Path:
        return self.folder / "predictions"

    @property
    def environment_file(self) -> Path:
        return self.folder / "environment.json"

    @property
    def output(self) -> Path:
        return self.folder / "worker.log"

    def spec(self) -> RunSpec:
        with _readable(self.id):
            return RunSpec.model_validate(sealed.read(self.spec_file))

    def meta(self) -> Meta:
        with _readable(self.id):
            return Meta(**sealed.read(self.meta_file))

    def progress(self) -> dict[str, Any]:
        """The worker's latest progress; empty before the first."""
        return _read_or_empty(self.progress_file)

    def metrics(self) -> dict[str, Any]:
        """The results; empty before the end."""
        return _read_or_empty(self.metrics_file)

    def status(self) -> Status:
        """The state of the run: a pure function of the lock, the log and the stop file."""
        held = Lock.held(self.lock)  # first: a worker writes its last word before it lets go
        history = events.read(self.log)
        if not held:
            return _ended(history)
        if self.stop_file.exists():
            return Status.STOPPING
        if history and not events.read(self.log, self.meta().mark):
            return Status.QUEUED  # resumed: what the log says is of an earlier worker
        return _alive(history)

    def silent(self) -> float:
        """Seconds for which the living worker has done nothing, where that is too long to be work; else 0."""
        beat = _read_or_empty(self.pulse_file) or {"at": time.monotonic(), "still": 0.0}
        silent = max(0.0, time.monotonic() - beat["at"]) + float(beat["still"])
        return silent if silent > SILENT_SECONDS else 0.0

    def discard(self) -> None:
        """Remove all that training left but the log and the curves; for whoever holds the lock."""
        for path in (self.model, self.metrics_file, self.predictions, self.checkpoints):
            files.remove(path)

    def ended(self) -> Status:
        """How the run ended, for whoever holds its lock."""
        return _ended(events.read(self.log))


@contextmanager
def _readable(run: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError) as error:
        why = "It was made by a newer version, is damaged, or was just deleted."
        raise WrongState(f"The run {run} cannot be read.", why=why, next="Use the version that made it.") from error


def _ended(history: list[events.Event]) -> Status:
    match history[-1] if history else None:
        case events.Finished():
            return Status.FINISHED
        case events.Stopped():
            return Status.STOPPED
        case events.Failed():
            return Status.FAILED
        case _:
            return Status.INTERRUPTED


def _alive(history: list[events.Event]) -> Status:
    for event in reversed(history):
        match event:
            case events.Started() | events.Evaluating():
                return Status.RUNNING
            case events.Preparing():
                return Status.PREPARING
            case events.Waiting() | events.Finished() | events.Stopped() | events.Failed():
                return Status.QUEUED
    return Status.QUEUED


def create(runs: Path, spec: RunSpec, name: str, owner: str, ticket: str = "", place: int = 0) -> Run:
    """A new run folder with its spec and its place in the queue: by the time, unless another is given."""
    run, now, place = Run(files.make_folder(runs) / new_id()), time.time(), place or time.time_ns()
    with files.staged_folder(run.folder) as staged:
        sealed.write(staged / run.spec_file.name, spec.model_dump(mode="json"))
        sealed.write(staged / run.meta_file.name, asdict(Meta(name, owner, place, now, now, ticket=ticket)))
    return run


def alive(runs: Path) -> Iterator[Run]:
    """The runs somebody works on or waits with, unread and in no order: cheap, however many others there are."""
    for run in map(Run, runs.iterdir() if runs.is_dir() else ()):
        if is_id(run.id) and Lock.held(run.lock):
            yield run


def find(runs: Path, reference: str) -> Run:
    """The run with this id, or the newest one with this name. Raises UnknownName."""
    if is_id(reference) and Run(runs / reference).spec_file.is_file():
        return Run(runs / reference)
    for run in every(runs):
        if run.meta().name == reference:
            return run
    raise UnknownName(f"There is no run '{reference}'.", next="'runs' lists them.")


def every(runs: Path) -> Iterator[Run]:
    """All complete runs that can be read, newest first."""
    for run in map(Run, sorted(runs.iterdir(), reverse=True) if runs.is_dir() else ()):
        with suppress(WrongState):
            if is_id(run.id) and run.spec_file.is_file() and run.meta() and run.spec():
                yield run


def require(run: Run, allowed: tuple[Status, ...], action: str) -> Status:
    """The run's status, which must be one of `allowed` for `action` ("resumed")."""
    status = run.status()
    if status not in allowed:
        raise WrongState(
            f"The run cannot be {action}: it is {status.value}.",
            why=f"Only a run that is {' or '.join(s.value for s in allowed)} can be {action}.",
        )
    return status


def record(run: Run) -> dict[str, Any]:
    """Everything about a run as one JSON object: what `show --json` and `train --json` print."""
    spec, progress, metrics, history = run.spec(), run.progress(), run.metrics(), events.read(run.log)
    failed = next((e.error for e in reversed(history) if isinstance(e, events.Failed)), None)
    status = run.status()
    facts = {k: v for e in history if isinstance(e, events.Prepared) for k, v in e.facts.items()}
    return {
        "run": run.id,
        "name": run.meta().name,
        "status": status.value,
        "step": progress.get("step", 0),
        "total_steps": progress.get("total_steps") or facts.get("total_steps"),
        "phase": None if status.over else progress.get("phase"),
        "seconds_left": None if status.over else progress.get("seconds_left"),
        "silent": run.silent() if status.works else 0.0,
        "dataset": spec.dataset,
        "task": spec.task,
        "model": spec.model,
        "method": spec.method,
        "spec": spec.model_dump(mode="json"),
        "metrics": metrics.get("metrics", {}),
        "baseline": metrics.get("baseline", {}),
        "rows": metrics.get("rows", facts.get("rows", {})),
        "seconds": metrics.get("seconds", {}),
        "samples_per_second": metrics.get("samples_per_second"),
        "peak_memory_bytes": metrics.get("peak_memory_bytes"),
        "trainable_parameters": facts.get("trainable_parameters"),
        "total_parameters": facts.get("total_parameters"),
        "device": facts.get("device"),
        "precision": facts.get("precision"),
        "facts": facts,
        "warnings": [{"code": e.code, "message": e.message} for e in history if isinstance(e, events.Warned)],
        "error": failed if status is Status.FAILED else None,
        "folder": str(run.folder),
    }


def _read_or_empty(path: Path) -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError):
        return sealed.read(path)
    return {}


def change_meta(run: Run, **changes: Any) -> None:
    """Write some of the run's meta anew; who else does waits. Raises WrongState if it cannot be read."""
    run.meta()
    with _readable(run.id), Lock.wait(run.folder / "meta.lock"):
        sealed.write(run.meta_file, asdict(replace(run.meta(), **changes)))
