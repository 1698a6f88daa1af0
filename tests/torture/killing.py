"""Workers ended at random instants and at every crash point, or refused a change there; their runs go on until they are
done."""

from __future__ import annotations

import errno
import random
import signal
from dataclasses import dataclass, field

from studio.runs import store
from studio.runs.store import Run, Status
from tests.torture import kinds
from tests.torture.bench import CODES, Bench, Subject, complaints, damaged_checkpoints, discard, unsafe

MOST_KILLS = 3  # of one run


@dataclass
class Tally:
    """What an experiment found; `wrong` is empty where all went well."""

    runs: int = 0
    ended: int = 0
    longest: float = 0.0  # seconds from a signal to the end of the process
    wrong: list[str] = field(default_factory=list)


def at_random(bench: Bench, ends: int, seed: int, number: int = signal.SIGKILL) -> Tally:
    """Signal `ends` workers, each at a random instant of its run; runs of all kinds take turns."""
    chance, tally = random.Random(seed), Tally()
    while tally.ended < ends:
        _one_at_random(bench, bench.subjects[tally.runs % len(bench.subjects)], chance, number, tally)
    return tally


def _one_at_random(bench: Bench, subject: Subject, chance: random.Random, number: int, tally: Tally) -> None:
    run = kinds.copy(subject.run)
    for _ in range(chance.randint(1, MOST_KILLS)):
        answer = bench.nursery.work(run, seconds=chance.uniform(0, subject.seconds), number=number)
        tally.longest = max(tally.longest, answer.lingered)
        if answer.code not in CODES:
            tally.wrong.append(f"{subject.name}: exit code {answer.code}")
        tally.wrong += [f"{subject.name} {what}" for what in unsafe(run)]
        if not answer.lingered:
            break  # it was done before the signal came
        tally.ended += 1
    _finish(bench, subject, run, tally)


def at_points(bench: Bench, subject: Subject, points: list[int], seed: int) -> Tally:
    """End a worker at each of these crash points, every second one's successor at a random point too."""
    chance, tally = random.Random(seed), Tally()
    for point in points:
        run = kinds.copy(subject.run)
        for place in (point, chance.randint(1, len(subject.points))) if point % 2 else (point,):
            answer = bench.nursery.work(run, point=place)
            if answer.code == -signal.SIGKILL:
                tally.ended += 1
            tally.wrong += [f"{subject.name} at point {place} {what}" for what in unsafe(run)]
        _finish(bench, subject, run, tally)
    return tally


def at_writes(bench: Bench, subject: Subject, points: list[int]) -> Tally:
    """Let the disk refuse each of these changes, for want of room or by an error, once or from then on. The run has to
    fail in words that say so, or to be shown as interrupted where not even that could be written down."""
    tally = Tally()
    for number, point in enumerate(points):
        run = kinds.copy(subject.run)
        error = (errno.ENOSPC, errno.EIO)[number % 2]
        answer = bench.nursery.work(run, point=point, error=error, lasts=number % 4 > 1)
        tally.ended += answer.code != 0
        status = run.status()
        told = store.record(run)["error"] or {"code": ""}
        if status not in (Status.INTERRUPTED, Status.FINISHED) and told["code"] != "storage":
            what = f"is {status}, {told['code']}: {subject.points[point - 1]}, {errno.errorcode[error]}"
            tally.wrong.append(f"{subject.name} at point {point} {what}")
        tally.wrong += [f"{subject.name} at point {point} {what}" for what in damaged_checkpoints(run)]
        _finish(bench, subject, run, tally)
    return tally


def _finish(bench: Bench, subject: Subject, run: Run, tally: Tally) -> None:
    """Let the run come to its end, compare, and remove it unless there is something to look at."""
    bench.nursery.work(run)
    wrong = complaints(run, subject)
    tally.runs += 1
    tally.wrong += wrong
    if not wrong:
        discard(run)
