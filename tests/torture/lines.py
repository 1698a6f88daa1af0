"""A long queue, with everything happening to it: is the order kept?

Two servers ask for the runs. While the first run has the device, some are stopped, some moved, the workers of some are
killed, the dataset of some is removed so that they fail, and one server is killed and comes back.
"""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path
from typing import Any

from studio import files
from studio.locks import Lock
from studio.runs import events, jobs
from studio.runs.queue import Where
from studio.runs.store import Run, Status, change_meta
from tests.torture.desk import Desk
from tests.torture.stage import SHORT, Found, Stage, dice, processes_with, stage, until

SETTLED = 60.0  # seconds by which the clock of a request is set back, so that a lost worker is looked for at once


def long_queue(workspace: Path, length: int, seed: int) -> Found:
    """So many runs, of which a fifth is stopped, a fifth moved, a tenth fails and a tenth loses its worker."""
    made, found, chance = stage(workspace), Found(), dice(seed)
    doomed = made.another_dataset("doomed")
    with Lock.wait(files.make_folder(workspace / "slots") / "cpu.lock"):
        with Desk(workspace) as first, Desk(workspace) as second:
            fails = set(chance.sample(range(length), length // 10))
            runs = [
                _asked(made, (first, second)[n % 2], n, doomed if n in fails else made.dataset) for n in range(length)
            ]
            until(lambda: all(run.log.exists() for run in runs), "all wait")
            order = list(range(length))
            rest = [number for number in order if number not in fails]
            stopped, moved, lost = (chance.sample(rest, k) for k in (length // 5, length // 5, length // 10))
            for number in moved:
                _move(runs, order, number, chance.choice(list(Where)))
            for number in stopped:
                jobs.stop(runs[number])
            _kill(first.process.pid)  # a server, with all that it knows
            for number in set(lost) - set(stopped):
                _lose_worker(runs[number])
        files.remove(workspace / "datasets" / doomed)
        until(lambda: all(runs[number].status().over for number in stopped), "the stopped ones are over")
    with Desk(workspace) as back:
        back.order("recover")
        back.answer()
        until(lambda: all(run.status().over for run in runs), "all are over", 60.0 + 20.0 * length)
    wanted = [number for number in order if number not in stopped]
    _judge(found, runs, wanted, fails)
    for number in stopped:
        found.expect(runs[number].status() is Status.STOPPED, f"{number} was stopped and is {runs[number].status()}")
        found.expect(not _began(runs[number]), f"{number} was stopped and began")
    found.figures = {"runs": length, "trained": len(wanted), "stopped": len(stopped), "moved": len(moved)}
    found.figures |= {"failed": len(fails), "workers lost": len(set(lost) - set(stopped)), "servers killed": 1}
    return found


def _asked(made: Stage, desk: Desk, number: int, dataset: str) -> Run:
    how: dict[str, Any] = {"dataset": dataset, "model": str(made.network), "changes": SHORT}
    desk.order("start", **how, name=str(number), ticket="")
    return Run(made.studio.settings.runs / desk.answer()["run"])


def _move(runs: list[Run], order: list[int], number: int, where: Where) -> None:
    """Move a run in the queue, and its number in what the order should then be."""
    jobs.move(runs[number], where)
    old = order.index(number)
    order.remove(number)
    places = {Where.UP: max(0, old - 1), Where.DOWN: old + 1, Where.FIRST: 0, Where.LAST: len(order)}
    order.insert(min(places[where], len(order)), number)


def _lose_worker(run: Run) -> None:
    for process in processes_with(run.folder):
        _kill(process)
    until(lambda: not Lock.held(run.lock), "its worker is gone")
    change_meta(run, asked=run.meta().asked - SETTLED)


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def _began(run: Run) -> list[float]:
    return [event.at for event in events.read(run.log) if isinstance(event, events.Preparing)]


def _judge(found: Found, runs: list[Run], wanted: list[int], fails: set[int]) -> None:
    """Each began once, in the order, when the one before was over, and ended as it had to."""
    spans = {}
    for number in wanted:
        began = _began(runs[number])
        found.expect(len(began) == 1, f"{number} began {len(began)} times")
        spans[number] = (began[0] if began else 0.0, events.read(runs[number].log)[-1].at)
        status = Status.FAILED if number in fails else Status.FINISHED
        found.expect(runs[number].status() is status, f"{number} is {runs[number].status()}")
    order = sorted(wanted, key=lambda number: spans[number])
    found.expect(order == wanted, f"the order was {order} in place of {wanted}")
    for before, after in itertools.pairwise(order):
        found.expect(spans[after][0] >= spans[before][1] - 0.01, f"{before} and {after} had the device at once")
