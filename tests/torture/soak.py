"""Hours of short runs, page loads and uploads: does the web process stay as it is?

Every few seconds its memory, descriptors, threads, children and the workspace's size are noted. After a warm-up (the
first third) nothing may grow: the last third is held against the second.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradio_client import Client, handle_file

from studio import disk
from tests.command_line import messages
from tests.serving import Served, served
from tests.torture.stage import SHORT, Found, Stage, stage

EVERY = 2.0  # seconds between two samples
KEPT = 8  # runs and datasets; older ones are deleted
PAGES = 10  # page loads for each run
PLACES = ("/", "/config", "/theme.css", "/healthz", "/assets/page/studio.css", "/assets/page/page.js", "/zh/config")
SELDOM = 5  # every so many runs: predictions, a zip, TensorBoard
MORE = {"rss_mb": 12.0, "descriptors": 8, "threads": 8, "children": 3, "zombies": 0, "disk_mb": 12.0}  # is growth


@dataclass(frozen=True)
class Sample:
    """The web process at one moment."""

    seconds: float
    rss_mb: float
    descriptors: int
    threads: int
    children: int
    zombies: int
    disk_mb: float


@dataclass
class Sampler:
    """Looks at a process until `over` is set."""

    process: int
    workspace: Path
    samples: list[Sample] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        began = time.monotonic()
        while not self.over.wait(EVERY):
            self.samples.append(sample(self.process, self.workspace, time.monotonic() - began))


def sample(process: int, workspace: Path, seconds: float) -> Sample:
    place = Path(f"/proc/{process}")
    told = dict(line.split(":", 1) for line in (place / "status").read_text(encoding="utf-8").splitlines())
    children = (place / f"task/{process}/children").read_text(encoding="ascii").split()
    return Sample(
        seconds=seconds,
        rss_mb=int(told["VmRSS"].split()[0]) / 1000,
        descriptors=len(list((place / "fd").iterdir())),
        threads=int(told["Threads"]),
        children=len(children),
        zombies=sum(_state(child) == "Z" for child in children),
        disk_mb=disk.size(workspace) / 1e6,
    )


def _state(process: str) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def soak(workspace: Path, minutes: float) -> Found:
    """Work for so many minutes, then say what grew."""
    made, found = stage(workspace), Found()
    done = {"runs": 0, "page loads": 0, "visits": 0, "uploads": 0, "predictions": 0, "downloads": 0, "boards": 0}
    with served(workspace) as studio:
        sampler = Sampler(studio.process.pid, workspace)
        watching = threading.Thread(target=sampler.watch)
        watching.start()
        try:
            client = Client(studio.url, verbose=False)
            until = time.monotonic() + 60 * minutes
            while time.monotonic() < until:
                _round(made, studio, client, done)
        finally:
            sampler.over.set()
            watching.join()
        found.expect("Traceback" not in "".join(studio.said), f"the server said {''.join(studio.said)[-500:]}")
    found.expect(not (workspace / "errors.log").exists(), "there are mistakes in errors.log")
    found.figures = done | judged(sampler.samples, found)
    return found


def _round(made: Stage, studio: Served, client: Any, done: dict[str, int]) -> None:
    """One short run on an upload of its own, seen by some visitors; now and then all the rest."""
    for place in PLACES * (PAGES // len(PLACES) + 1):
        studio.get(place)
        done["page loads"] += 1
    visit(studio)
    done["visits"] += 1
    with tempfile.TemporaryDirectory() as folder:
        table = messages(Path(folder))
        table.write_text(table.read_text(encoding="utf-8") + f"\nnumber {done['uploads']},praise", encoding="utf-8")
        dataset = client.predict(file=handle_file(str(table)), api_name="/import_dataset")["dataset"]
    done["uploads"] += 1
    how = {"dataset": dataset, "model": str(made.network), "method": "full", "changes": SHORT}
    run = client.predict(**how, api_name="/train")["run"]
    while (status := client.predict(run=run, api_name="/show")["status"]) not in ("finished", "failed", "interrupted"):
        studio.get(f"/curves/{run}")
        time.sleep(0.3)
    assert status == "finished", made.studio.log(run)
    done["runs"] += 1
    if done["runs"] % SELDOM == 0:
        client.predict(run=run, rows=[{"text": "it was broken"}], api_name="/predict")
        studio.get(f"/download/{run}/model.zip")
        studio.get(f"/tensorboard/{run}/data/environment")
        for what in ("predictions", "downloads", "boards"):
            done[what] += 1
    _forget(made)


def visit(studio: Served) -> None:
    """Somebody comes, asks one thing and goes: the server keeps a copy of the page's configuration for each of them."""
    client = Client(studio.url, verbose=False, analytics_enabled=False)
    try:
        client.predict(api_name="/datasets")
    finally:
        client.close()


def _forget(made: Stage) -> None:
    """Delete all but the newest runs and datasets, and what can be spared."""
    for run in made.studio.runs()[KEPT:]:
        made.studio.delete(run["run"])
    used = {made.studio.show(run["run"])["dataset"] for run in made.studio.runs()}
    for dataset in made.studio.datasets()[KEPT:]:
        if dataset["dataset"] not in used:
            made.studio.choices.delete_dataset(dataset["dataset"])


def judged(samples: list[Sample], found: Found) -> dict[str, Any]:
    """For each figure its median in the second and in the last third, and its slope by the hour over both."""
    if len(samples) < 9:
        return {"samples": len(samples)}
    third = len(samples) // 3
    later = samples[third:]
    figures: dict[str, Any] = {"samples": len(samples)}
    for name, more in MORE.items():
        values = [float(getattr(one, name)) for one in samples]
        before, after = statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])
        slope = 3600 * statistics.linear_regression([one.seconds for one in later], values[third:]).slope
        figures[name] = f"{before:.1f}, then {after:.1f} ({slope:+.1f} an hour; at most {max(values[third:]):.1f})"
        found.expect(after - before <= more, f"{name} grew from {before:.1f} to {after:.1f}")
    return figures


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="studio-soak-") as place:
        sys.stdout.write(f"{soak(Path(place) / 'workspace', float(sys.argv[1]))}\n")
