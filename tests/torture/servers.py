"""Servers killed at random instants while a run trains: the run does not notice, the next server shows all of it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.runs import curves
from studio.runs.store import Run, Status
from tests.serving import ROOT
from tests.torture.stage import LONG, MANY, PATIENCE, Found, dice, processes_with, spread, stage, until

MOST_SECONDS = 5.0  # from the start of a server to the whole curve in its answer
LIFE = 3.0  # seconds that a server lives at most after that
EARLY = 0.2  # share of the servers that are killed while they start
EVERY = 0.1  # seconds between two questions


@dataclass
class Watcher:
    """A page that follows the curves through all servers, as a browser does."""

    address: str
    run: str
    cursor: str = ""
    tags: dict[str, list[list[float]]] = field(default_factory=dict)
    statuses: set[str] = field(default_factory=set)

    def ask(self) -> bool:
        """Whether there was an answer; what it brings is kept."""
        try:
            with urllib.request.urlopen(f"{self.address}/curves/{self.run}?since={self.cursor}", timeout=10) as answer:
                news: dict[str, Any] = json.loads(answer.read())
        except (OSError, urllib.error.URLError, ValueError):
            return False
        if self.cursor.partition(":")[0] != news["generation"]:
            self.tags.clear()
        for tag, points in news["tags"].items():
            self.tags.setdefault(tag, []).extend(points)
        self.cursor = news["cursor"]
        self.statuses.add(news["status"])
        return True

    def points(self) -> int:
        return sum(map(len, self.tags.values()))


def killed(workspace: Path, kills: int, seed: int) -> Found:
    """So many servers, one after the other on one port, each killed at a random instant."""
    made, found, chance = stage(workspace, MANY), Found(), dice(seed)
    run = made.start(**LONG)
    until(lambda: run.status() is Status.RUNNING and curves.read(run.curves), "it trains")
    (worker,) = processes_with(run.folder)
    port = _free_port()
    watcher = Watcher(f"http://127.0.0.1:{port}", run.id)
    attached = [took for _ in range(kills) if (took := _one_life(workspace, port, watcher, chance)) is not None]
    late = [took for took in attached if took > MOST_SECONDS]
    shown = ", ".join(f"{took:.1f}" for took in late)
    found.expect(not late, f"{len(late)} servers took longer than {MOST_SECONDS} s: {shown}")
    found.expect(watcher.statuses == {"running"}, f"it was shown as {watcher.statuses}")
    found.expect(list(processes_with(run.folder)) == [worker], "it has another worker, or several")
    left = [process for process in processes_with(workspace) if process != worker]
    found.expect(not left, f"{len(left)} processes are left of the servers")
    made.studio.stop(run.id)
    until(lambda: run.status().over, "it is stopped")
    _compare(found, watcher, run)
    found.figures = {"kills": kills, "until the whole curve was there again": spread(attached)}
    found.figures |= {"points seen": watcher.points(), "steps trained": made.studio.show(run.id)["step"]}
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _one_life(workspace: Path, port: int, watcher: Watcher, chance: random.Random) -> float | None:
    """Start a server and kill it; returns the seconds until it showed the whole curve, None if it came not so far."""
    before = watcher.points()
    variables = {"STUDIO_WORKSPACE": str(workspace), "STUDIO_PORT": str(port)}
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=os.environ | variables, stderr=subprocess.DEVNULL
    )
    took = None
    try:
        end = began + chance.uniform(0, MOST_SECONDS) if chance.random() < EARLY else None
        while end is None or time.monotonic() < end:
            if watcher.ask() and took is None and watcher.points() >= before:
                took = time.monotonic() - began
                end = time.monotonic() + chance.uniform(0, LIFE)
            assert time.monotonic() - began < PATIENCE, "a server did not come up"
            time.sleep(EVERY)
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    return took


def _compare(found: Found, watcher: Watcher, run: Run) -> None:
    """What the page has put together is how the curves begin: no gap, no double, no other value."""
    written = curves.read(run.curves)
    for tag, points in watcher.tags.items():
        begins = [[step, value] for step, value in written.get(tag, ())][: len(points)]
        found.expect(points == begins, f"the curve {tag} of the page is not what was written")
    found.expect(watcher.tags, "the page has no curve")
    for tag, written_points in written.items():
        steps = [step for step, _ in written_points]
        found.expect(steps == sorted(set(steps)), f"{tag} has steps twice, or going back")
