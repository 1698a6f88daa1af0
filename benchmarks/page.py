"""What the page costs: the time until it is there, its memory, how late a point is seen, what it takes from training.

    python benchmarks/page.py [start] [delay] [tensorboard] [state] [cost] [--rounds N] [--json]

- start: seconds until the studio answers, beside `import gradio` and beside itself, turn by turn; memory of its process
  while a run is on, and which heavy libraries it has mapped.
- delay: a run with Chromium on its panel Live: seconds from the writing of a point to its being in the chart. Needs
  playwright and Chromium.
- tensorboard: a program writes a point a second; seconds until the frame of TensorBoard has it, and what the frame
  takes of a processor core. Needs the same.
- state: a run trains; seconds from the start of a visit until run bar and Live show it with a point: after a reload,
  in a second tab, in a new browser, and with a server that was started again and is ready. Needs the same.
- cost: steps per second of a run alone, recording next to nothing, and of one that records as usual with a client that
  asks for what an open page asks for; turn by turn. The browser itself is left out: it is usually on another machine.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from served import processor_seconds, running, served  # the module beside this one

PARTS = ("start", "delay", "tensorboard", "state", "cost")
HEAVY = ("torch", "transformers", "peft", "datasets", "sklearn", "tensorboardX")
WATCHED = 40.0  # seconds that a run is watched for
Measure = Callable[[Path, int], dict[str, Any]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; default is all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    measures: dict[str, Measure] = {"start": start, "cost": cost}
    if {"delay", "tensorboard", "state"} & set(asked.parts or PARTS):
        import watched

        measures |= {"delay": watched.delay, "tensorboard": watched.tensorboard, "state": watched.state}
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


def look_around(url: str, run: str, seconds: float) -> None:
    """Ask for what a page on the panel Live asks for."""
    cursor = ""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/curves/{run}{cursor}", timeout=10) as answer:
            cursor = f"?since={json.load(answer)['cursor']}"
        time.sleep(1)


# Cost ----------------------------------------------------------------------------------------------------------------


def cost(workspace: Path, rounds: int) -> dict[str, Any]:
    """What recording every step and a page's questions take from full tuning: as steps per second with and without,
    and, since two runs of the same differ by more than what is looked for, as time taken."""
    alone, watched, server = [], [], []
    with served(workspace) as studio:
        for _ in range(rounds):
            alone.append(rate(workspace, {"log_every": 100_000}, None))
            before, began = processor_seconds(studio.pid), time.monotonic()
            watched.append(rate(workspace, {"log_every": 1}, studio.url))
            share = (processor_seconds(studio.pid) - before) / (time.monotonic() - began) / (os.cpu_count() or 1)
            server.append(round(share, 4))
    recording = recording_seconds(workspace / "recorded") * statistics.mean(watched)
    return {
        "steps_per_second_alone": alone,
        "steps_per_second_watched": watched,
        "share_lost_by_steps": round(1 - statistics.mean(watched) / statistics.mean(alone), 4),
        "share_of_a_step_for_recording": round(recording, 4),
        "share_of_the_processors_for_the_server": server,
        "share_lost_by_time": round(recording + statistics.mean(server), 4),
    }


def rate(workspace: Path, changes: dict[str, Any], url: str | None) -> float:
    with running(workspace, {"epochs": 1000, "evaluations": 1, **changes}, method="full") as (studio, run):
        if url is not None:
            threading.Thread(target=look_around, args=(url, run, WATCHED + 5.0), daemon=True).start()
        time.sleep(5)
        first, began = studio.show(run)["step"], time.monotonic()
        time.sleep(WATCHED)
        return round(float(studio.show(run)["step"] - first) / (time.monotonic() - began), 3)


def recording_seconds(folder: Path, steps: int = 500) -> float:
    """Seconds that the loop waits for a recorded step: four points, the flush, the progress file."""
    from studio.runs.store import Run
    from studio.training.recorder import Recorder

    recorder = Recorder(Run(folder))
    began = time.monotonic()
    for step in range(steps):
        for tag in ("Loss/train", "GradNorm/train", "LearningRate/network", "Throughput/samples_per_second"):
            recorder.scalar(tag, 1.0, step)
        recorder.flush()
        recorder.progress(now=True, step=step, total_steps=steps, phase="training")
    seconds = (time.monotonic() - began) / steps
    recorder.close()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
