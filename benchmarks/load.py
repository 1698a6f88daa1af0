"""How the page's server holds out while many look at a run that trains, and what they take from it.

    python benchmarks/load.py [--clients 90] [--browsers 2] [--seconds 60]

Clients ask for the curves once a second, as a page does, and now and then for the page itself and for the health
check. They do so from one process that steps back for everybody else. Every client's curves, put together from all its
answers, are compared at the end with what the run wrote. The browsers show the panel Live.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from served import Served, processor_seconds, running, served, spread  # the module beside this one; finds the studio
from watched import PATIENCE, chromium

from studio import processes
from studio.api import Studio
from studio.runs import curves
from studio.runs.curves import Curves

COURTESY = 15
RHYTHM = 1.0  # seconds between two questions of a client
PAGES = 20  # of so many questions one is for the page, and one for the server's health
WARM_UP = 10.0  # seconds in which the pages open and nothing is counted
TRAINED = 20.0  # seconds over which the speed of the training is taken
POINTS = "Number(document.querySelector('[data-points]')?.dataset.points)"


@dataclass
class Client:
    """One visitor: what was asked, and the curves as they arrived."""

    run: str
    cursor: str = ""
    tags: dict[str, list[list[float | None]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    async def visit(self, session: httpx.AsyncClient, number: int, until: float) -> None:
        await asyncio.sleep(RHYTHM * number / 100)  # not all in the same moment
        asked = number
        while time.monotonic() < until:
            began = time.monotonic()
            await self._ask(session, {0: "/", 1: "/healthz"}.get(asked % PAGES, ""))
            asked += 1
            await asyncio.sleep(max(0.0, RHYTHM - (time.monotonic() - began)))

    async def _ask(self, session: httpx.AsyncClient, path: str) -> None:
        began = time.monotonic()
        try:
            answer = await session.get(path or f"/curves/{self.run}", params={} if path else {"since": self.cursor})
        except httpx.HTTPError as error:
            self.statuses[type(error).__name__] += 1
            return
        self.seconds.append(time.monotonic() - began)
        self.statuses[str(answer.status_code)] += 1
        if not path and answer.status_code == 200:
            self._add(answer.json())

    def _add(self, delta: dict[str, Any]) -> None:
        if self.cursor.partition(":")[0] != delta["generation"]:
            self.tags.clear()
        for tag, points in delta["tags"].items():
            self.tags.setdefault(tag, []).extend(points)
        self.cursor = delta["cursor"]


async def crowd(url: str, run: str, count: int, seconds: float) -> list[Client]:
    clients, until = [Client(run) for _ in range(count)], time.monotonic() + seconds
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as session:
        await asyncio.gather(*(client.visit(session, number, until) for number, client in enumerate(clients)))
    return clients


def clients(url: str, run: str, count: int, seconds: float) -> None:
    """What the process of the clients does; it prints what they saw."""
    processes.step_back(COURTESY)
    found = asyncio.run(crowd(url, run, count, seconds))
    print(json.dumps({
        "statuses": sum((client.statuses for client in found), Counter()),
        "seconds": spread([second for client in found for second in client.seconds]),
        "curves": [client.tags for client in found],
    }))  # fmt: skip


def wrong(seen: dict[str, list[list[float]]], written: Curves) -> bool:
    """Whether what a client holds is not how the run's curves begin: gaps, doubles, other values."""
    return not seen or any(
        [[step, value] for step, value in written.get(tag, ())][: len(points)] != points for tag, points in seen.items()
    )


def speed(studio: Studio, run: str, seconds: float) -> float:
    """Steps a second of the training."""
    first, began = studio.show(run)["step"], time.monotonic()
    time.sleep(seconds)
    return round(float(studio.show(run)["step"] - first) / (time.monotonic() - began), 2)


def measure(workspace: Path, asked: argparse.Namespace) -> dict[str, Any]:
    changes = {"epochs": 1000, "log_every": 1, "evaluations": 10}
    with served(workspace) as studio, running(workspace, changes, "full") as (front, run), ExitStack() as opened:
        time.sleep(WARM_UP)
        alone = speed(front, run, TRAINED)
        browser = opened.enter_context(chromium()) if asked.browsers else None
        pages = [browser.new_context().new_page() for _ in range(asked.browsers)] if browser else []
        for page in pages:
            page.goto(f"{studio.url}/?panel=live&run={run}", timeout=PATIENCE)
            page.wait_for_function(
                "() => document.querySelector('[data-points]')?.dataset.points > 0", timeout=PATIENCE
            )
        found = under_load(studio, front, run, asked)
        shown = [int(page.evaluate(POINTS)) for page in pages]
        written = curves.read(Path(front.show(run)["folder"]) / "tb")
        seen = found.pop("curves")
        return found | {
            "steps_per_second_alone": alone,
            "wrong_curves": sum(wrong(tags, written) for tags in seen),
            "points_of_a_client": min(sum(map(len, tags.values())) for tags in seen),
            "points_shown_by_browsers": shown,
            "points_written": sum(map(len, written.values())),
        }


def under_load(studio: Served, front: Studio, run: str, asked: argparse.Namespace) -> dict[str, Any]:
    before, began = processor_seconds(studio.pid), time.monotonic()
    command = [sys.executable, __file__, "--as-clients", studio.url, run]
    command += ["--clients", str(asked.clients), "--seconds", str(asked.seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as crowded:
        steps = speed(front, run, asked.seconds)
        said, _ = crowded.communicate(timeout=60)
    lasted = time.monotonic() - began
    used = processor_seconds(studio.pid) - before
    seen: dict[str, Any] = json.loads(said)
    return seen | {
        "steps_per_second": steps,
        "server_share_of_a_core": round(used / lasted, 3),
        "server_ms_per_client_and_second": round(1000 * used / lasted / (asked.clients + asked.browsers), 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=90)
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--as-clients", nargs=2, metavar=("URL", "RUN"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_clients:
        url, run = asked.as_clients
        clients(url, run, asked.clients, asked.seconds)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), asked), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
