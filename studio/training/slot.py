"""Waiting for the device: one run at a time on each, in the order of the queue. Imports nothing heavy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from studio import files
from studio.runs import store
from studio.runs.store import Run, Status

POLL_SECONDS = 0.25


def wait(run: Run, device: str, given_up: Callable[[], bool]) -> files.Lock | None:
    """The lock of the device's slot, once every earlier run in the queue has had it; None if we are to give up.

    A run waits only for runs whose worker lives: the lock of a dead one is free, so it cannot hold up the queue.
    """
    folder = files.make_folder(run.folder.parent.parent / "slots")
    path = folder / f"{slot_name(device).replace(':', '-')}.lock"
    while not given_up():
        if not _waits_before(run, device):
            lock = files.Lock.take(path)
            if lock is not None:
                return lock
        time.sleep(POLL_SECONDS)
    return None


def _waits_before(run: Run, device: str) -> bool:
    place = run.meta().place
    others = (other for other in store.every(run.folder.parent) if other.id != run.id)
    return any(_waits(other, place, slot_name(device)) for other in others)


def _waits(other: Run, place: int, name: str) -> bool:
    """Whether a run waits for the same slot with an earlier place. One that is deleted meanwhile does not."""
    try:
        return (
            files.Lock.held(other.lock)
            and other.meta().place < place
            and slot_name(other.spec().device) == name
            and other.status() is Status.QUEUED
        )
    except (OSError, ValueError):
        return False


def slot_name(device: str) -> str:
    """The slot a requested device stands for; `auto` is the first GPU where the system shows one."""
    if device == "auto":
        return "cuda:0" if Path("/dev/nvidia0").exists() else "cpu"
    return "cuda:0" if device == "cuda" else device
