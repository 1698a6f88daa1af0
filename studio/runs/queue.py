"""The queue: who works, who waits for which device, in which order, and how long that will take. Reads only.

There is one line for each device. A run that wants several, or any of several, stands in all of their lines, so
"before" always means: with an earlier place, for a device that this run may get too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Any

from studio import gpus
from studio.errors import WrongState
from studio.gpus import Claim
from studio.runs import events, store
from studio.runs.store import Meta, Run, Status
from studio.spec import RunSpec

Data = dict[str, Any]
Cost = Callable[[RunSpec], float | None]
SECOND = 10**9  # places are counted in nanoseconds, since a new run's is the time


class Where(StrEnum):
    """Where a waiting run can be moved in its line."""

    UP = "up"
    DOWN = "down"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True)
class Entry:
    """One run in the queue; `claim` is what it waits for, or what it has got."""

    run: Run
    meta: Meta
    spec: RunSpec
    status: Status
    claim: Claim

    @property
    def waits(self) -> bool:
        return self.status is Status.QUEUED

    @property
    def device(self) -> str:
        """In words: where any GPU will do, that."""
        return "cuda" if self.claim.is_open else "+".join(self.claim.among)

    @property
    def rank(self) -> tuple[bool, int, str]:
        """Sorts those at work before those that wait, and these by their places."""
        return self.waits, self.meta.place, self.run.id

    def shares(self, other: Entry) -> bool:
        """Whether the two stand in one line."""
        return bool(set(self.claim.among) & set(other.claim.among))


def entries(runs: Path) -> list[Entry]:
    """Everybody who has a living worker: first those at work, then those that wait, in their order."""
    found = []
    for run in store.alive(runs):
        with suppress(WrongState):  # just deleted
            spec, status = run.spec(), run.status()
            if not status.over:
                found.append(Entry(run, run.meta(), spec, status, _claim(run, spec, status)))
    return sorted(found, key=lambda entry: entry.rank)


def _claim(run: Run, spec: RunSpec, status: Status) -> Claim:
    wanted = gpus.claim(spec.device, spec.training.devices)
    if status is Status.QUEUED or not wanted.is_open:
        return wanted
    got = [tuple(event.places) for event in events.read(run.log) if isinstance(event, events.Preparing)]
    return Claim(got[-1], len(got[-1])) if got and got[-1] else wanted


def listing(runs: Path, cost: Cost) -> list[Data]:
    """The queue as plain data: `position` is 0 at work, else the place in the line; `starts_in` are seconds, None
    where nobody can know. `cost` says how long a run like this one takes, if that was measured."""
    found = entries(runs)
    starts = _starts(found, time.time(), cost)
    return [
        {
            "run": entry.run.id,
            "name": entry.meta.name,
            "status": entry.status.value,
            "device": entry.device,
            "position": 1 + sum(other.shares(entry) for other in found[:number] if other.waits) if entry.waits else 0,
            "starts_in": starts[number],
        }
        for number, entry in enumerate(found)
    ]


def _starts(found: Sequence[Entry], now: float, cost: Cost) -> list[float | None]:
    """Seconds until each run begins: when enough devices are free of those before it. None: nobody knows."""
    free: dict[str, float] = {}
    starts: list[float | None] = []
    for entry in found:
        taken = sorted(entry.claim.among, key=lambda place: free.get(place, 0.0))[: entry.claim.count]
        begins = max(free.get(place, 0.0) for place in taken) if entry.waits else 0.0
        lasts = _seconds_left(entry, now, cost)
        free |= dict.fromkeys(taken, inf if lasts is None else begins + lasts)
        starts.append(None if begins == inf else round(begins, 1))
    return starts


def _seconds_left(entry: Entry, now: float, cost: Cost) -> float | None:
    """How long a run still takes: what its worker says (an earlier one, for a run that was resumed), else what such
    a run is known to cost. One that is being stopped or scored is nearly done."""
    progress = entry.run.progress()
    if entry.status is Status.STOPPING or (not entry.waits and progress.get("phase") in ("evaluating", "done")):
        return 0.0
    left, at = progress.get("seconds_left"), progress.get("at")
    if not isinstance(left, int | float) or not isinstance(at, int | float):
        return cost(entry.spec)
    return max(0.0, left if entry.status is not Status.RUNNING else left - max(0.0, now - at))


def last_place(runs: Path) -> int:
    """A place behind everybody who waits or is at work: the time, unless the clock was set back."""
    places = [time.time_ns()]
    for run in store.alive(runs):
        with suppress(OSError, WrongState):  # gone, or unreadable: the line does not wait for it
            places.append(run.meta().place + 1)
    return max(places)


def places_after(found: Sequence[Entry], run: Run, where: Where) -> dict[Run, int]:
    """The places to change for a move: that of the run alone, and only where there is no room between two others
    those of the two that change places. Empty where the run stands there already."""
    mine = next((entry for entry in found if entry.run == run and entry.waits), None)
    if mine is None:
        return {}
    line = [entry for entry in found if entry.waits and entry.shares(mine)]
    others = [entry for entry in line if entry is not mine]
    old = line.index(mine)
    new = {Where.UP: max(0, old - 1), Where.DOWN: old + 1, Where.FIRST: 0, Where.LAST: len(others)}[where]
    if new == old or new > len(others):
        return {}
    if new == len(others):
        return {run: max(time.time_ns(), others[-1].meta.place + 1)}
    if new == 0:
        return {run: others[0].meta.place - SECOND}
    before, after = others[new - 1].meta.place, others[new].meta.place
    if after - before > 1:
        return {run: (before + after) // 2}
    passed = line[new]
    return {run: passed.meta.place, passed.run: mine.meta.place}
