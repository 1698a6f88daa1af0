"""Start, stop, resume, move and delete runs. Whoever asks for a run spawns its worker; there is no supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import disk, files, processes, sealed
from studio.contracts import SourceKind
from studio.errors import LimitError, RequestError, StorageError, TrainingError, WrongState, rebuild
from studio.identifiers import new_id
from studio.locks import Lock
from studio.runs import events, queue, store
from studio.runs.queue import Where
from studio.runs.store import Run, Status
from studio.spec import RunSpec

WORKER = "studio.training.worker"
FORECAST = "studio.training.forecast"
SUSPECTS = "studio.training.suspects"
NETWORK = (
    *("HF_TOKEN", "SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "no_proxy"),
)
LONGEST_NAME = 120
SETTLED = 5  # seconds after which a run without a worker is not one that is just being started
RESUMABLE = (Status.INTERRUPTED, Status.STOPPED, Status.FAILED)


def spawn(run: Run, extra: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the run's worker, with `extra` variables in its environment.

    The lock is taken here and inherited by the worker, so from this moment to the worker's end somebody holds it: a run
    is never without an owner, and a second spawn is refused.
    """
    with _own(run) as lock:
        return _launched(run, lock, extra)


def _own(run: Run) -> Lock:
    lock = Lock.take(run.lock)
    if lock is None:
        raise WrongState("The run cannot be started: a worker already works on it.")
    return lock


def _launched(run: Run, lock: Lock, extra: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    variables = _network(run.spec()) | dict(extra or {})
    process = processes.launch_detached(WORKER, run.folder, run.output, (lock.descriptor,), variables)
    # Somebody waits for its end, or it would stay behind as a zombie for as long as we live.
    threading.Thread(target=process.wait, name=f"end-of-{run.id}", daemon=True).start()
    return process


def _network(spec: RunSpec) -> dict[str, str]:
    """The hub's token and the way to the network, for a run that may have to download its starting weights and for no
    other: proxies have passwords in their addresses now and then."""
    if spec.source.kind is not SourceKind.HUB:
        return {}
    return {name: os.environ[name] for name in NETWORK if os.environ.get(name)}


def stop(run: Run, discard: bool = False) -> None:
    """Ask the worker to end after its current step; with `discard`, without keeping a model. One that hangs cannot be
    asked and is killed: the run can go on from its last checkpoint."""
    store.require(run, (Status.QUEUED, Status.PREPARING, Status.RUNNING, Status.STOPPING), "stopped")
    files.write_bytes(run.stop_file, b"discard\n" if discard else b"keep\n")
    if run.silent():
        _end_hung(run, discard)


def _end_hung(run: Run, discard: bool) -> None:
    """Kill the worker and say the last word in its place, under its lock."""
    processes.end(WORKER, run.folder)
    deadline = time.monotonic() + SETTLED
    while (lock := Lock.take(run.lock)) is None:
        if time.monotonic() > deadline:
            raise WrongState(
                "The run's process hangs and could not be ended.",
                why="The system keeps it, as it does while a disk or a device does not answer.",
                next="Restart the machine; the last checkpoint is kept.",
            )
        time.sleep(0.05)
    with lock:
        if discard:
            run.discard()
        events.append(run.log, events.Stopped(run.progress().get("step", 0), kept=False))


def pause(runs: Path) -> None:
    """Ask all workers to save and end; what is resumed later loses nothing. For who takes them along when it ends."""
    for run in store.alive(runs):
        processes.end(WORKER, run.folder, signal.SIGTERM)


def at_rest(runs: Path, seconds: float) -> bool:
    """Whether within so many seconds no run has a worker any more."""
    deadline = time.monotonic() + seconds
    while any(store.alive(runs)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def resume(run: Run) -> subprocess.Popen[bytes]:
    """Go on from the last checkpoint, at the end of the queue. Of several who ask at once, one does it."""
    store.require(run, RESUMABLE, "resumed")
    _refuse_heirs(
        run,
        "The run cannot be resumed: other runs started from its model.",
        "Clone its settings into a new run, or delete those first.",
    )
    with _own(run) as lock:
        if run.ended() not in RESUMABLE:
            raise WrongState("The run cannot be resumed: it has just finished.")
        return _launched_again(run, lock, place=queue.last_place(run.folder.parent))


def go_on(run: Run) -> subprocess.Popen[bytes]:
    """Give a run that has lost its worker a new one, at its old place in the queue."""
    with _own(run) as lock:
        if run.ended() is not Status.INTERRUPTED:
            raise WrongState("The run cannot go on: it is over.")
        return _launched_again(run, lock)


def _launched_again(run: Run, lock: Lock, **changes: Any) -> subprocess.Popen[bytes]:
    """The new worker of a run that had one; what the log says so far is of that one. Its stop file and pulse go before
    anything else: who asks for a stop from now on means the new one."""
    for path in (run.stop_file, run.pulse_file):
        files.remove(path)
    mark = run.log.stat().st_size if run.log.exists() else 0
    store.change_meta(run, asked=time.time(), mark=mark, **changes)
    return _launched(run, lock)


@contextmanager
def entrance(runs: Path, most: int, ticket: str = "") -> Iterator[Run | None]:
    """Stand at the end of the queue, alone: what is started in the block is counted by who comes next. Yields the run
    that was started with this ticket, whoever did it: there is to be one run for one ticket.

    Raises LimitError where `most` runs wait already.
    """
    with queue_to_ourselves(runs):
        known = next((run for run in store.every(runs) if run.meta().ticket == ticket), None) if ticket else None
        waiting = sum(entry.waits for entry in queue.entries(runs)) if known is None else 0
        if waiting >= most:
            raise LimitError(
                "The queue is full.",
                why=f"Runs that wait: {waiting:,}; as many as may wait here.",
                next="Try again when one has begun, or stop one that waits.",
            )
        yield known


def move(run: Run, where: Where) -> None:
    """Give a waiting run another place among those that wait for the same device. Nothing happens at the end of the
    line. Raises WrongState for a run that does not wait."""
    with queue_to_ourselves(run.folder.parent):
        store.require(run, (Status.QUEUED,), "moved")
        for changed, place in queue.places_after(queue.entries(run.folder.parent), run, where).items():
            store.change_meta(changed, place=place)


def queue_to_ourselves(runs: Path) -> Lock:
    """Nobody else starts, moves or deletes a run while this is held, nor deletes what one may begin from."""
    return Lock.wait(files.make_folder(runs).parent / "queue.lock")


def delete(run: Run) -> None:
    """Remove the run's folder. Refused while a worker lives, and where another run began with its model."""
    with queue_to_ourselves(run.folder.parent):
        _delete(run)


def _delete(run: Run) -> None:
    _refuse_heirs(run, "The run cannot be deleted: other runs started from its model.", "Delete those first.")
    lock = Lock.take(run.lock)
    if lock is None:
        raise WrongState("The run cannot be deleted while it is at work.", next="Stop it first.")
    with lock:
        files.remove(run.folder)


def clean_name(name: object) -> str:
    """A run's name as it is kept. Raises RequestError for none, and for a long one."""
    cleaned = " ".join(name.split()) if isinstance(name, str) else ""
    if not cleaned:
        raise RequestError("A run needs a name.", next="Type one, then rename again.")
    if len(cleaned) > LONGEST_NAME:
        raise RequestError("The name is too long.", why=f"It may have {LONGEST_NAME} characters.")
    return cleaned


def _refuse_heirs(run: Run, what: str, then: str) -> None:
    """Raise WrongState where other runs started from the run's model: they need it as it is."""
    heirs = [other.meta().name for other in store.every(run.folder.parent) if _starts_from(other.spec(), run)]
    if heirs:
        raise WrongState(what, why=f"They need it to be used: {', '.join(heirs)}.", next=then)


def _starts_from(spec: RunSpec, run: Run) -> bool:
    return spec.source.kind is SourceKind.RUN and spec.source.location == run.id


def check_workspace(folder: Path, needed: int = 0) -> None:
    """Raise StorageError unless the workspace can be written to and has `needed` bytes free."""
    path = files.make_folder(folder)
    probe = path / f"{files.STAGED}probe-{os.getpid()}"
    files.write_bytes(probe, b"")
    files.remove(probe)
    free = disk.free_bytes(path)
    if free < needed:
        raise StorageError(
            "There is not enough room on the disk.",
            why=f"The run needs about {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free.",
            next="Delete old runs or name another workspace.",
        )


def forecast(runs: Path, spec: RunSpec, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Measure what a run of this spec would cost, in a process of its own; `report` is called about twice a second."""
    return _answer(_FORECAST, runs, spec, report)


def suspects(runs: Path, spec: RunSpec, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Look for rows with wrong labels in the dataset of this spec, by the features of its network as it is."""
    return _answer(_SUSPECTS, runs, spec, report)


@dataclass(frozen=True)
class _Question:
    """What a process of its own is asked about a spec: its module, the name of its answer, what it is doing."""

    module: str
    name: str
    phase: str
    failed: str
    advice: str
    minutes: float  # after which it is given up


_FORECAST = _Question(
    FORECAST,
    "forecast",
    "measuring",
    "The cost could not be measured.",
    "Try a smaller model, or LoRA instead of full.",
    5.0,
)
_SUSPECTS = _Question(
    SUSPECTS, "suspects", "judging rows", "The labels could not be looked through.", "Try a smaller model.", 30.0
)


def _answer(question: _Question, runs: Path, spec: RunSpec, report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    folder = files.make_folder(runs) / f".{question.name}-{new_id()}"  # not an id: never listed as a run
    files.make_folder(folder)
    try:
        sealed.write(folder / "spec.json", spec.model_dump(mode="json"))
        process = processes.launch_detached(
            question.module, folder, folder / "worker.log", extra=_network(spec) | processes.waiting()
        )
        began = time.monotonic()
        try:
            while process.poll() is None:
                spent = time.monotonic() - began
                if spent > 60 * question.minutes:
                    why = f"It was not over after {question.minutes:g} minutes."
                    raise TrainingError(question.failed, why=why, next=question.advice)
                report({"phase": question.phase, "seconds": round(spent, 1)})
                time.sleep(0.5)
        finally:
            process.kill()
            process.wait()
        if (folder / f"{question.name}.json").is_file():
            return dict(files.read_json(folder / f"{question.name}.json"))
        if (folder / "error.json").is_file():
            raise rebuild(files.read_json(folder / "error.json"))
        raise TrainingError(
            question.failed,
            why="The measuring process ended without a word, most likely for lack of memory.",
            next=question.advice,
        )
    finally:
        files.remove(folder)
