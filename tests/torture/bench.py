"""A workspace with a run of each kind to copy, what each comes to when nobody disturbs it, and a nursery of workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio import files
from studio.runs import events
from studio.runs.store import Run, Status
from studio.training import checkpoint
from tests.torture import compare, crash, kinds
from tests.torture.compare import Outcome
from tests.torture.nursery import Nursery

CODES = (0, -9, -15)  # of a worker: done or left, killed, ended before it listened


@dataclass(frozen=True)
class Subject:
    """A planned run, what it should come to, and the seconds and crash points of one that nobody disturbed."""

    name: str
    run: Run
    golden: Outcome
    seconds: float
    points: list[str]


@dataclass(frozen=True)
class Bench:
    """What an experiment needs."""

    nursery: Nursery
    subjects: tuple[Subject, ...]


@contextmanager
def bench(workspace: Path, names: tuple[str, ...]) -> Iterator[Bench]:
    """Plan a run of each of these kinds and let each run through once."""
    with Nursery() as nursery:
        yield Bench(nursery, tuple(_subject(nursery, workspace, name) for name in names))


def _subject(nursery: Nursery, workspace: Path, name: str) -> Subject:
    run = kinds.template(workspace, name)
    golden = kinds.copy(run)
    answer = nursery.work(golden, count=True)
    assert answer.code == 0, compare.words(golden)
    return Subject(name, run, compare.outcome(golden), answer.seconds, crash.points(golden.folder))


def complaints(run: Run, subject: Subject) -> list[str]:
    """What is wrong with a run that was disturbed and has come to its end."""
    if run.status() is not Status.FINISHED:
        return [f"{subject.name}: {run.status()}: {compare.words(run)}"]
    return [f"{subject.name}: {what}" for what in compare.differences(compare.outcome(run), subject.golden)]


def unsafe(run: Run) -> list[str]:
    """What is wrong with a run whose worker was just ended."""
    wrong = []
    if run.status() not in (Status.INTERRUPTED, Status.FINISHED):
        wrong.append(f"is shown as {run.status()}")
    return wrong + damaged_checkpoints(run)


def damaged_checkpoints(run: Run) -> list[str]:
    """That a run has no complete checkpoint although its log says so, or damaged ones."""
    saved = any(isinstance(event, events.Saved) for event in events.read(run.log))
    found, damaged = checkpoint.latest(run.checkpoints, checkpoint.origin_of(run.spec()))
    if damaged or (saved and found is None):
        return [f"has no complete checkpoint, or damaged ones: {damaged}"]
    return []


def discard(run: Run) -> None:
    """Remove a run that told what it had to tell: workers look through all runs of a workspace."""
    files.remove(run.folder)
    files.remove(crash.tally_of(run.folder))
