"""Waiting for the devices: one run at a time on each, in the order of the queue. Imports nothing heavy."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from studio import files, gpus
from studio.errors import WrongState
from studio.runs import store
from studio.runs.store import Run, Status
from studio.spec import RunSpec

POLL_SECONDS = 0.25


def wait(run: Run, given_up: Callable[[], bool]) -> ExitStack | None:
    """The locks of all the run's slots, once every earlier run in the queue has had its own; None if we are to give up.

    A run takes all of its slots or none, so no two can wait for each other. It waits only for runs whose worker lives:
    the lock of a dead one is free, so it cannot hold up the queue; nor can one whose process was stopped.
    """
    folder = files.make_folder(run.folder.parent.parent / "slots")
    wanted = slots(run.spec())
    while not given_up():
        if not _waits_before(run, wanted):
            taken = _all([folder / f"{name.replace(':', '-')}.lock" for name in wanted])
            if taken is not None:
                return taken
        time.sleep(POLL_SECONDS)
    return None


def _all(paths: list[Path]) -> ExitStack | None:
    with ExitStack() as taken:
        for path in paths:
            lock = files.Lock.take(path)
            if lock is None:
                return None
            taken.enter_context(lock)
        return taken.pop_all()


def _waits_before(run: Run, wanted: tuple[str, ...]) -> bool:
    place = run.meta().place
    others = (other for other in store.alive(run.folder.parent) if other.id != run.id)
    return any(_waits(other, place, wanted) for other in others)


def _waits(other: Run, place: int, wanted: tuple[str, ...]) -> bool:
    """Whether a run waits for one of these slots with an earlier place. One that is deleted meanwhile does not."""
    try:
        return (
            other.meta().place < place
            and bool(set(slots(other.spec())) & set(wanted))
            and other.status() is Status.QUEUED
            and not other.silent()
        )
    except (OSError, ValueError, WrongState):
        return False


def slots(spec: RunSpec) -> tuple[str, ...]:
    """What the run's devices are called: one slot for each GPU, one for the processor."""
    return gpus.places(spec.device, spec.training.devices)
