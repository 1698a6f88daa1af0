"""Runs that have lost their worker: found again and again, and given a new one.

A run that only waited goes on by itself. One that had begun does where this installation is set up so, and only a few
times without a new checkpoint: what kills its workers might do so for ever.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from studio.errors import StorageError, WrongState
from studio.runs import events, jobs, store
from studio.runs.store import Run, Status

TRIES = 3  # workers in a row that may be lost without a checkpoint between them


class Recovery:
    """Looks after the runs of one folder. Several servers may: a run's lock lets one of them be first."""

    def __init__(self, runs: Path, begun: bool) -> None:
        self._runs = runs
        self._begun = begun
        self._over: dict[str, tuple[int, int]] = {}  # logs that end with a last word, by run: length and time
        self._rests = False

    def rest(self) -> None:
        """From now on no run gets a worker of us: they are all being ended."""
        self._rests = True

    def look(self) -> list[Run]:
        """Spawn a worker for each run that lost its own, in the queue's order; returns those that got one of us."""
        if self._rests:
            return []
        lost = [run for run in store.every(self._runs) if self._may_be_lost(run) and self._goes_on(run)]
        return [run for run in sorted(lost, key=lambda run: run.meta().place) if _spawned(run)]

    def _may_be_lost(self, run: Run) -> bool:
        """Whether a run is interrupted. A log that has ended is read once."""
        with suppress(FileNotFoundError):
            state = run.log.stat()
            stamp = (state.st_size, state.st_mtime_ns)
            if self._over.get(run.id) == stamp:
                return False
            if run.status() is not Status.INTERRUPTED:
                if run.status().over:
                    self._over[run.id] = stamp
                return False
        return run.status() is Status.INTERRUPTED and not run.stop_file.exists()

    def _goes_on(self, run: Run) -> bool:
        meta = run.meta()
        if meta.by_hand:
            return False
        if abs(time.time() - meta.asked) < jobs.SETTLED:
            return False  # somebody is just starting it
        if not any(isinstance(event, events.Preparing) for event in events.read(run.log, meta.mark)):
            return True
        return self._begun and _lost_in_a_row(run) < TRIES


def _lost_in_a_row(run: Run) -> int:
    """How many workers the run has had since its last checkpoint."""
    count = 0
    for event in reversed(events.read(run.log)):
        if isinstance(event, events.Saved):
            break
        count += isinstance(event, events.Preparing)
    return count


def _spawned(run: Run) -> bool:
    """Whether the run has a worker because of us; somebody else may have been quicker, or have deleted it."""
    try:
        jobs.go_on(run)
    except (WrongState, StorageError):
        return False
    return True
