"""One press of Start that arrives several times at once, on several servers; and several presses in one moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from studio import files
from studio.locks import Lock
from studio.runs import jobs, store
from studio.runs.store import Status
from tests.torture.desk import Desk
from tests.torture.stage import SHORT, Found, Stage, processes_with, stage, until

DESKS = 4
NOTICE = 0.02  # seconds from an order to its moment


def at_once(workspace: Path, rounds: int) -> Found:
    """So many double presses, each with one ticket on two of several servers; every fifth time, with it on all of them;
    and every fifth time two people press in the same moment. The device is taken, so that all runs wait."""
    made, found = stage(workspace), Found()
    doubles = presses = 0
    with _device_taken(made), ExitStack() as opened:
        desks = [opened.enter_context(Desk(workspace)) for _ in range(DESKS)]
        for number in range(rounds):
            pressing = desks if number % 5 == 0 else [desks[number % DESKS], desks[(number + 1) % DESKS]]
            rivals = number % 5 == 1
            tickets = [f"{number}" + (f"-{place}" if rivals else "") for place in range(len(pressing))]
            runs = _pressed(made, pressing, tickets)
            doubles += len(pressing) - len(set(tickets))
            presses += len(pressing)
            _judge(made, found, set(tickets), runs)
    found.figures = {"rounds": rounds, "presses": presses, "presses that were one too many": doubles}
    return found


@contextmanager
def _device_taken(made: Stage) -> Iterator[None]:
    slots = files.make_folder(made.studio.settings.workspace / "slots")
    with Lock.wait(slots / "cpu.lock"):
        yield


def _pressed(made: Stage, desks: list[Desk], tickets: list[str]) -> list[str]:
    """The runs that the desks say they have started, or the words with which they refused."""
    moment = time.monotonic() + NOTICE
    for desk, ticket in zip(desks, tickets, strict=True):
        how = {"dataset": made.dataset, "model": str(made.network), "changes": SHORT}
        desk.order("start", moment, name=f"by {ticket}", ticket=ticket, **how)
    answers = [desk.answer() for desk in desks]
    return [str(answer.get("run") or answer["error"]["what"]) for answer in answers]


def _judge(made: Stage, found: Found, tickets: set[str], answers: list[str]) -> None:
    """One run for each ticket, told to all who asked, in a place of its own and with one worker; then all are ended."""
    runs = list(store.alive(made.studio.settings.runs))
    found.expect({run.id for run in runs} == set(answers), f"{tickets}: told {answers}, there are {runs}")
    found.expect(len(runs) == len(tickets), f"{tickets}: {len(runs)} runs")
    found.expect(len({run.meta().place for run in runs}) == len(runs), f"{tickets}: two have one place")
    for run in runs:
        until(lambda run=run: run.log.exists(), "its worker waits")  # type: ignore[misc]
        count = len(list(processes_with(run.folder)))
        found.expect(count == 1, f"{tickets}: {count} workers")
        found.expect(run.status() is Status.QUEUED, f"{tickets}: is {run.status()}")
        jobs.stop(run)
    until(lambda: all(run.status().over for run in runs), "they are stopped")
    for run in list(store.every(made.studio.settings.runs)):
        jobs.delete(run)
