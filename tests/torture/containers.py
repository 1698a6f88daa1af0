"""SIGTERM to a server that is the first process of a container, while a run trains: saved, ended, and gone on with.

One run goes through all containers. Each server finds it interrupted and resumes it by itself; at a random instant the
server is asked to end, and the run has to be safe at its last step when the server is gone.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from studio.runs import curves, events, store
from studio.runs.store import Run, Status
from studio.training import checkpoint
from tests import namespaces
from tests.serving import ROOT
from tests.torture.stage import LONG, MANY, PATIENCE, Found, dice, processes_with, spread, stage, until

MOST_SECONDS = 8.0  # from the signal to the end
LATER = 4.0  # seconds after the first step within which the signal comes
EARLY = 0.2  # share of the signals that come at any time before


def asked_to_end(workspace: Path, ends: int, seed: int) -> Found:
    """So many containers, one after the other."""
    made, found, chance = stage(workspace, MANY), Found(), dice(seed)
    spec = made.start(**LONG).spec()
    for run in list(store.alive(made.studio.settings.runs)):  # only its spec was wanted
        made.studio.stop(run.id, discard=True)
    run = store.create(made.studio.settings.runs, spec, "through containers", "local")
    seconds, steps = [], []
    for number in range(ends):
        _as_if_long_ago(run)
        took = _one(run, chance, found)
        seconds.append(took)
        steps.append(_safe_step(run, found, number))
        found.expect(took <= MOST_SECONDS, f"end {number} took {took:.1f} s")
        left = [process for process in processes_with(workspace) if process != os.getpid()]
        found.expect(not left, f"end {number}: {len(left)} processes are left")
    found.expect(steps == sorted(steps), f"training went back: {steps}")
    found.figures = {
        "ends": ends,
        "from signal to end": spread(seconds),
        "last step": steps[-1],
        "workers": _workers(run),
    }
    return found


def _as_if_long_ago(run: Run) -> None:
    store.change_meta(run, asked=run.meta().asked - 60)


def _one(run: Run, chance: random.Random, found: Found) -> float:
    """Start a container, end it at a random instant; returns the seconds that took."""
    workspace = run.folder.parent.parent
    command = namespaces.within(namespaces.FIRST_PROCESS, [sys.executable, "app.py"], workspace)
    variables = {"STUDIO_WORKSPACE": str(workspace), "STUDIO_PORT": "0", "STUDIO_AUTO_RESUME": "true"}
    mark = run.log.stat().st_size if run.log.exists() else 0
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stderr=subprocess.PIPE, text=True) as outside:
        assert outside.stderr is not None
        try:
            while "http://" not in (line := outside.stderr.readline()):
                assert line, "the server did not start"
            if chance.random() < EARLY:
                time.sleep(chance.uniform(0, LATER))
            else:
                until(lambda: _trains(run, mark), "it trains")
                time.sleep(chance.uniform(0, LATER))
            (inside,) = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
            began = time.monotonic()
            os.kill(int(inside), signal.SIGTERM)
            outside.wait(PATIENCE)
            return time.monotonic() - began
        finally:
            outside.kill()


def _trains(run: Run, mark: int) -> bool:
    return any(isinstance(event, events.Started) for event in events.read(run.log, mark))


def _safe_step(run: Run, found: Found, number: int) -> int:
    """The step of the newest checkpoint; nothing that was seen in the curves may be beyond it."""
    status = run.status()
    found.expect(status is Status.INTERRUPTED, f"end {number}: the run is {status}")
    newest, damaged = checkpoint.latest(run.checkpoints, checkpoint.origin_of(run.spec()))
    found.expect(not damaged, f"end {number}: damaged {damaged}")
    step = newest.progress.step if newest else 0
    seen = max((points[-1][0] for points in curves.read(run.curves).values() if points), default=0)
    found.expect(seen <= step, f"end {number}: step {seen} was trained, and {step} is safe")
    return step


def _workers(run: Run) -> int:
    return sum(isinstance(event, events.Preparing) for event in events.read(run.log))
