"""The studio as people start it, for the programs beside it: `app.py` in a process of its own; and a run of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from studio import settings  # noqa: E402
from studio.api import ImportRequest, Studio, Wish  # noqa: E402

SAMPLE = Path("support-messages")
OVER = ("finished", "stopped", "failed", "interrupted")


@dataclass(frozen=True)
class Served:
    """`seconds` is how long it took until the page was there."""

    url: str
    pid: int
    seconds: float


@contextmanager
def served(workspace: Path, port: int = 0) -> Iterator[Served]:
    """A studio on this workspace that ends with the block; port 0 is any that is free."""
    environment = os.environ | {"STUDIO_WORKSPACE": str(workspace), "STUDIO_PORT": str(port)}
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        url = _address(process)
        while not _page_answers(url):
            time.sleep(0.02)
        yield Served(url, process.pid, round(time.monotonic() - began, 2))
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _address(process: subprocess.Popen[str]) -> str:
    """The address that it prints on standard error."""
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"http://[^\s)]+", line)
        if found:
            return found.group()
    raise SystemExit("The studio did not start.")


def _page_answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return b"gradio_config" in answer.read()
    except OSError:
        return False


@contextmanager
def running(workspace: Path, changes: dict[str, Any], method: str = "head") -> Iterator[tuple[Studio, str]]:
    """A run that has begun to train; it is ended with the block."""
    studio = Studio(settings.load(workspace=workspace))
    dataset = studio.import_dataset(ImportRequest(SAMPLE))
    run = str(studio.start(dataset["dataset"], None, Wish(method=method, changes=changes))["run"])
    try:
        while studio.show(run)["status"] in ("queued", "preparing"):
            time.sleep(0.1)
        yield studio, run
    finally:
        if studio.show(run)["status"] not in OVER:
            studio.stop(run, discard=True)
        while studio.show(run)["status"] not in OVER:
            time.sleep(0.2)


def processor_seconds(pid: int) -> float:
    """What a process and its children have used of the processors."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    fields = [Path(f"/proc/{number}/stat").read_text(encoding="ascii").rsplit(")")[1] for number in (pid, *children)]
    return sum(sum(map(int, line.split()[11:13])) for line in fields) / os.sysconf("SC_CLK_TCK")


def spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    pick = {"median": 0.5, "p95": 0.95, "most": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for name, share in pick.items()
    } | {"points": len(values)}
