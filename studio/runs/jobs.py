"""Start, stop, resume and delete runs. Whoever asks for a run spawns its worker; there is no supervisor."""

from __future__ import annotations

import os
import subprocess
import time

from studio import files, processes
from studio.contracts import SourceKind
from studio.errors import StorageError, WrongState
from studio.runs import store
from studio.runs.store import Run, Status

WORKER = "studio.training.worker"
RESUMABLE = (Status.INTERRUPTED, Status.STOPPED, Status.FAILED)


def spawn(run: Run) -> subprocess.Popen[bytes]:
    """Start the run's worker.

    The lock is taken here and inherited by the worker, so from this moment to the worker's end somebody holds it: a run
    is never without an owner, and a second spawn is refused.
    """
    lock = files.Lock.take(run.lock)
    if lock is None:
        raise WrongState("The run cannot be started: a worker already works on it.")
    with lock:
        run.stop_file.unlink(missing_ok=True)
        return processes.launch_detached(WORKER, run.folder, run.output, (lock.descriptor,), _secrets(run))


def _secrets(run: Run) -> dict[str, str]:
    """The hub's token, for a run that has to download its starting weights and for no other."""
    token = os.environ.get("HF_TOKEN")
    return {"HF_TOKEN": token} if token and run.spec().source.kind is SourceKind.HUB else {}


def stop(run: Run, discard: bool = False) -> None:
    """Ask the worker to end after its current step; with `discard`, without keeping a model."""
    store.require(run, (Status.QUEUED, Status.PREPARING, Status.RUNNING, Status.STOPPING), "stopped")
    files.write_bytes(run.stop_file, b"discard\n" if discard else b"keep\n")


def resume(run: Run) -> subprocess.Popen[bytes]:
    """Go on from the last checkpoint, at the end of the queue."""
    store.require(run, RESUMABLE, "resumed")
    meta = files.read_json(run.meta_file) | {"place": time.time_ns()}
    files.write_json(run.meta_file, meta)
    return spawn(run)


def delete(run: Run) -> None:
    """Remove the run's folder. Refused while a worker lives."""
    lock = files.Lock.take(run.lock)
    if lock is None:
        raise WrongState("The run cannot be deleted while it is at work.", next="Stop it first.")
    with lock:
        files.remove(run.folder)


def check_workspace(folder: os.PathLike[str], needed: int = 0) -> None:
    """Raise StorageError unless the workspace can be written to and has `needed` bytes free."""
    path = files.make_folder(store.Path(folder))
    probe = path / f"{files.STAGED}probe-{os.getpid()}"
    files.write_bytes(probe, b"")
    probe.unlink()
    free = files.free_bytes(path)
    if free < needed:
        raise StorageError(
            "There is not enough room on the disk.",
            why=f"The run needs about {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free.",
            next="Delete old runs or name another workspace.",
        )
