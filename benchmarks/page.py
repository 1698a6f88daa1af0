"""What the page costs: the time until it is there, its memory, how late a point is seen, what it takes from training.

    python benchmarks/page.py [start] [delay] [cost] [--rounds N] [--json]

- start: seconds until the studio answers, beside `import gradio` and beside itself, turn by turn; memory of its process
  while a run is on, and which heavy libraries it has mapped.
- delay: a run with Chromium on its panel Live: seconds from the writing of a point to its being in the chart. Needs
  playwright and Chromium.
- cost: steps per second of a run alone, recording next to nothing, and of one that records as usual with a client that
  asks for what an open page asks for; turn by turn. The browser itself is left out: it is usually on another machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which  # noqa: TID251 - looks up a program, and touches no file
from typing import Any

from served import served  # the module beside this one

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from studio import settings  # noqa: E402
from studio.api import ImportRequest, Studio, Wish  # noqa: E402

PARTS = ("start", "delay", "cost")
HEAVY = ("torch", "transformers", "peft", "datasets", "sklearn", "tensorboardX")
SAMPLE = Path("support-messages")
WATCHED = 40.0  # seconds that a run is watched for
OVER = ("finished", "stopped", "failed", "interrupted")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; default is all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    measures = {"start": start, "delay": delay, "cost": cost}
    found: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    for part in asked.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            found[part] = measures[part](Path(folder), asked.rounds)
    sys.stdout.write(json.dumps(found, indent=None if asked.json else 1) + "\n")
    return 0


# Start ---------------------------------------------------------------------------------------------------------------


def start(workspace: Path, rounds: int) -> dict[str, Any]:
    imports, starts = [], []
    for _ in range(rounds):
        imports.append(timed_import())
        with served(workspace) as studio:
            starts.append(studio.seconds)
    with served(workspace) as studio, running(workspace, {"epochs": 1000}, "full") as (_, run):
        look_around(studio.url, run, 5.0)
        mapped = Path(f"/proc/{studio.pid}/maps").read_text(encoding="utf-8")
        memory = resident_megabytes(studio.pid)
    limit = 1.5 * statistics.median(imports) + 1.5
    return {
        "import_gradio_seconds": imports,
        "ready_seconds": starts,
        "aim_seconds": round(limit, 2),
        "memory_megabytes_during_a_run": memory,
        "heavy_libraries_mapped": [name for name in HEAVY if f"/site-packages/{name}/" in mapped],
    }


def timed_import() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True, env=os.environ)
    return round(time.monotonic() - began, 2)


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kilobytes = re.search(r"VmRSS:\s+(\d+)", status)
    return round(int(kilobytes.group(1)) / 1000, 1) if kilobytes else 0.0


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


def look_around(url: str, run: str, seconds: float) -> None:
    """Ask for what a page on the panel Live asks for."""
    cursor = ""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/curves/{run}{cursor}", timeout=10) as answer:
            cursor = f"?since={json.load(answer)['cursor']}"
        time.sleep(1)


# Delay ---------------------------------------------------------------------------------------------------------------

_WATCH = """() => {
  window.seen = [];
  const box = () => document.querySelector('[data-points]');
  const look = () => { const n = box() ? +box().dataset.points : 0;
    if (!seen.length || seen[seen.length - 1][1] !== n) seen.push([Date.now() / 1000, n]); };
  setInterval(look, 20);
}"""


def delay(workspace: Path, rounds: int) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with served(workspace) as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        changes = {"epochs": 1000, "log_every": 1}
        with running(workspace, changes, method="full") as (front, run):
            page = browser.new_page()
            page.goto(f"{studio.url}/?panel=live&run={run}&dataset={front.show(run)['dataset']}")
            page.wait_for_function("() => document.querySelector('[data-points]')?.dataset.points > 0", timeout=60_000)
            page.evaluate(_WATCH)
            time.sleep(WATCHED)
            chart = chart_delays(page.evaluate("window.seen"), written(front, run))
        browser.close()
    return {"chart_seconds": spread(chart)}


def written(studio: Studio, run: str) -> list[float]:
    """When each point of the run was written, in order."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    folder = Path(studio.show(run)["folder"]) / "tb"
    times = []
    for path in sorted(folder.iterdir()):
        for event in LegacyEventFileLoader(str(path)).Load():
            times += [event.wall_time for value in event.summary.value if value.WhichOneof("value") == "simple_value"]
    return times


def chart_delays(seen: list[list[float]], times: list[float]) -> list[float]:
    """How old each point was when the chart first held it."""
    delays = []
    for (_, before), (at, count) in itertools.pairwise(seen):
        delays += [at - times[place] for place in range(int(before), int(count)) if place < len(times)]
    return delays


def spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    pick = {"median": 0.5, "p95": 0.95, "most": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for name, share in pick.items()
    } | {"points": len(values)}


# Cost ----------------------------------------------------------------------------------------------------------------


def cost(workspace: Path, rounds: int) -> dict[str, Any]:
    """Steps per second of full tuning with and without recording and a page's questions."""
    alone, watched = [], []
    with served(workspace) as studio:
        for _ in range(rounds):
            alone.append(rate(workspace, {"log_every": 100_000}, None))
            watched.append(rate(workspace, {}, studio.url))
    lost = 1 - statistics.median(watched) / statistics.median(alone)
    return {"steps_per_second_alone": alone, "steps_per_second_watched": watched, "share_lost": round(lost, 4)}


def rate(workspace: Path, changes: dict[str, Any], url: str | None) -> float:
    with running(workspace, {"epochs": 1000, "evaluations": 1, **changes}, method="full") as (studio, run):
        if url is not None:
            threading.Thread(target=look_around, args=(url, run, 2 * WATCHED), daemon=True).start()
        time.sleep(5)
        first, began = studio.show(run)["step"], time.monotonic()
        time.sleep(WATCHED)
        return round(float(studio.show(run)["step"] - first) / (time.monotonic() - began), 3)


if __name__ == "__main__":
    sys.exit(main())
