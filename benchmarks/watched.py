"""What a page in Chromium shows, and when: points in the charts, points in TensorBoard, the same state after a reload.

The measures of `page.py` that need a browser. Needs playwright and Chromium.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which  # noqa: TID251 - looks up a program, and touches no file
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Response, sync_playwright
from served import ROOT, SAMPLE, processor_seconds, running, served, spread  # the module beside this one

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from studio.locks import Lock
from studio.runs import store

WATCHED = 40.0  # seconds that a run is watched for
PATIENCE = 120_000  # milliseconds
_BUSY = {"epochs": 1000, "log_every": 1}


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


# Charts --------------------------------------------------------------------------------------------------------------

_WATCH = """() => {
  window.seen = [];
  const box = () => document.querySelector('[data-points]');
  const look = () => { const n = box() ? +box().dataset.points : 0;
    if (!seen.length || seen[seen.length - 1][1] !== n) seen.push([Date.now() / 1000, n]); };
  setInterval(look, 20);
}"""


def delay(workspace: Path, rounds: int) -> dict[str, Any]:
    """Seconds from the writing of a point to its being in the chart."""
    with served(workspace) as studio, chromium() as browser, running(workspace, _BUSY, "full") as (front, run):
        page = browser.new_page()
        page.goto(f"{studio.url}/?panel=live&run={run}&dataset={front.show(run)['dataset']}")
        page.wait_for_function("() => document.querySelector('[data-points]')?.dataset.points > 0", timeout=PATIENCE)
        page.evaluate(_WATCH)
        time.sleep(WATCHED)
        chart = chart_delays(page.evaluate("window.seen"), written(front, run))
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


# TensorBoard ---------------------------------------------------------------------------------------------------------

_WRITER = """
import sys, time
from tensorboardX import SummaryWriter
writer = SummaryWriter(sys.argv[1])
events = writer.file_writer.event_writer
events.add_event = events._ev_writer.write_event  # in this thread, so that a flush is one
for step in range(10**6):
    now = time.time()
    writer.add_scalar("Loss/train", 1 / (1 + step), step, walltime=now)
    writer.flush()
    time.sleep(max(0, now + 1 - time.time()))
"""


def tensorboard(workspace: Path, rounds: int) -> dict[str, Any]:
    """Seconds from a point's writing to its being in TensorBoard's frame, and what the frame costs the web process."""
    with served(workspace) as studio, chromium() as browser, waiting_run(workspace) as run:
        page = browser.new_page()
        answers: list[tuple[float, Response]] = []
        page.on(
            "response", lambda answer: answers.append((time.time(), answer)) if "timeSeries" in answer.url else None
        )
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(run.curves)], cwd=ROOT) as writer:
            page.goto(f"{studio.url}/?panel=live&run={run.id}")
            page.wait_for_selector("#live-views button[role=tab]", timeout=PATIENCE)
            without = share_of_a_core(studio.pid, page)
            page.get_by_role("tab", name="TensorBoard").click()
            page.frame_locator("iframe[title=TensorBoard]").locator("card-view").first.wait_for(timeout=PATIENCE)
            answers.clear()
            shown = share_of_a_core(studio.pid, page)
            writer.terminate()
        delays = list(board_delays(answers))
    return {"board_seconds": spread(delays), "core_share_charts": without, "core_share_board": shown}


@contextmanager
def waiting_run(workspace: Path) -> Iterator[store.Run]:
    """A run that somebody holds and nobody trains: its curves are written here."""
    studio = Studio(settings.load(workspace=workspace))
    dataset = studio.import_dataset(ImportRequest(SAMPLE))["dataset"]
    run = store.create(studio.settings.runs, studio.draw_up(dataset, None, Wish()), "written by hand", "local")
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        yield run


def share_of_a_core(pid: int, page: Page) -> float:
    """The processor time that the web process and its children take a second, watched for a while."""
    before, began = processor_seconds(pid), time.monotonic()
    page.wait_for_timeout(1000 * WATCHED)
    return round((processor_seconds(pid) - before) / (time.monotonic() - began), 3)


def board_delays(answers: list[tuple[float, Response]]) -> Iterator[float]:
    """How old each point was when an answer first held it. The points of the first answer had waited for somebody."""
    held: set[int] = set()
    for number, (at, answer) in enumerate(answers):
        series = [found["runToSeries"] for found in answer.json() if "runToSeries" in found]
        points = {point["step"]: point["wallTime"] for found in series for line in found.values() for point in line}
        if number:
            yield from (at - time for step, time in points.items() if step not in held)
        held |= set(points)


# The same state ------------------------------------------------------------------------------------------------------

# Milliseconds from the start of the navigation until bar, head and charts show the run, as a person would make them do.
_ARRIVED = """
const looking = setInterval(() => {
  const says = (place) => document.querySelector(place)?.textContent.includes("NAME");
  const tab = document.querySelector("#panel-live-button");
  if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
  const points = Number(document.querySelector("#live-curves [data-points]")?.dataset.points);
  if (says("#run-bar") && says("#live-head") && points > 0) {
    window.arrived = performance.now();
    clearInterval(looking);
  }
}, 10);
"""
_FETCHED = """() => {
  const all = performance.getEntriesByType("resource");
  return { requests: all.length, kilobytes: Math.round(all.reduce((sum, one) => sum + one.transferSize, 0) / 1000),
           document_ms: Math.round(performance.getEntriesByType("navigation")[0].responseEnd) };
}"""


def state(workspace: Path, rounds: int) -> dict[str, Any]:
    """Seconds until another visit shows the run that trains: in the run bar, and in Live with a point of its curves."""
    found: dict[str, list[float]] = {"reload": [], "second tab": [], "new browser": [], "restarted server": []}
    with chromium() as browser, running(workspace, _BUSY, "full") as (front, run):
        script = _ARRIVED.replace("NAME", str(front.show(run)["name"]))
        with served(workspace) as studio:
            context = browser.new_context()
            context.add_init_script(script)
            page = context.new_page()
            address = f"{studio.url}/?panel=live&run={run}&dataset={front.show(run)['dataset']}"
            visit(page, address)
            for _ in range(rounds):
                found["reload"].append(visit(page))
                second = context.new_page()
                found["second tab"].append(visit(second, address))
                second.close()
                stranger = browser.new_context()
                stranger.add_init_script(script)
                found["new browser"].append(visit(stranger.new_page(), studio.url))
                stranger.close()
            fetched = page.evaluate(_FETCHED)
            page.close()  # it would load itself again once the next server is there
        port = urlsplit(studio.url).port or 0
        for _ in range(rounds):
            with served(workspace, port):
                page = context.new_page()
                found["restarted server"].append(visit(page, address))
                page.close()
    return {"seconds": found, "reload_fetches": fetched}


def visit(page: Page, address: str = "") -> float:
    """Open the address, or load the page again; returns when the state is there."""
    if address:
        page.goto(address, timeout=PATIENCE)
    else:
        page.reload(timeout=PATIENCE)
    page.wait_for_function("window.arrived", timeout=PATIENCE)
    return round(float(page.evaluate("window.arrived")) / 1000, 2)
