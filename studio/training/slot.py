"""Waiting for the devices: one run at a time on each, in the order of the queue. Imports nothing heavy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from studio import files, gpus, nvml
from studio.errors import WrongState
from studio.gpus import Claim
from studio.locks import Lock
from studio.runs import store
from studio.runs.store import Run, Status
from studio.spec import RunSpec

POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Taken:
    """The places that a run has got, and their locks; `variables` of the environment make them all that torch sees."""

    places: tuple[str, ...]
    locks: ExitStack
    variables: Mapping[str, str] = field(default_factory=dict)


def wait(run: Run, given_up: Callable[[], bool]) -> Taken | None:
    """The run's slots, once every earlier run in the queue that wants them has had its own; None if we are to give up.

    A run takes all of its slots or none, so no two can wait for each other. It waits only for runs whose worker lives:
    the lock of a dead one is free, so it cannot hold up the queue; nor can one whose process was stopped.
    """
    folder = files.make_folder(run.folder.parent.parent / "slots")
    wanted = claim(run.spec())
    while not given_up():
        paths = {place: folder / f"{place.replace(':', '-')}.lock" for place in _left(run, wanted)}
        if len(paths) >= wanted.count and (taken := _taken(paths, wanted)) is not None:
            return taken
        time.sleep(POLL_SECONDS)
    return None


def claim(spec: RunSpec) -> Claim:
    """What the run needs. Processes that torchrun has started take the first GPUs, as it counts them."""
    wanted = gpus.claim(spec.device, spec.training.devices)
    return Claim(wanted.among[: wanted.count], wanted.count) if "RANK" in os.environ else wanted


def _taken(paths: Mapping[str, Path], wanted: Claim) -> Taken | None:
    """`count` of these slots. Of several GPUs those with the least memory in use come first: other programs, too, may
    be at work on one."""
    if not wanted.is_open:
        places, variables = tuple(paths), {}
    else:
        free = [place for place, path in paths.items() if not Lock.held(path)]
        if len(free) < wanted.count:
            return None
        names = gpus.visible()
        names_of = {place: names[int(place.partition(":")[2])] for place in free}
        places = tuple(sorted(sorted(free, key=lambda place: _used(names_of[place]))[: wanted.count]))
        variables = {"CUDA_VISIBLE_DEVICES": ",".join(names_of[place] for place in places)}
    locks = _all([paths[place] for place in places])
    return Taken(places, locks, variables) if locks is not None else None


def _used(name: str) -> int:
    return next((card.used or 0 for card in nvml.look([name])), 0)


def _all(paths: list[Path]) -> ExitStack | None:
    with ExitStack() as taken:
        for path in paths:
            lock = Lock.take(path)
            if lock is None:
                return None
            taken.enter_context(lock)
        return taken.pop_all()


def _left(run: Run, wanted: Claim) -> list[str]:
    """The places that no earlier run waits for."""
    place = run.meta().place
    earlier = [_awaited(other, place) for other in store.alive(run.folder.parent) if other.id != run.id]
    return [name for name in wanted.among if not any(name in names for names in earlier)]


def _awaited(other: Run, place: int) -> tuple[str, ...]:
    """What a run waits for that has an earlier place. One that is deleted meanwhile waits for nothing."""
    try:
        waits = other.meta().place < place and other.status() is Status.QUEUED and not other.silent()
        return claim(other.spec()).among if waits else ()
    except (OSError, ValueError, WrongState):
        return ()
