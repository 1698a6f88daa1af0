"""A small real run that is broken on purpose, to see that the studio recovers: `doctor --simulate`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.catalog import unknown
from studio.data.upload import ImportRequest
from studio.plan import Wish
from studio.runs import events, jobs
from studio.runs import store as runs
from studio.runs.store import Run, Status

if TYPE_CHECKING:
    from studio.api import Studio

STEPS, STRIKE = 8, 4
FAULTS = ("oom", "kill", "nan", "disk-full")
VARIABLE = "STUDIO_FAULT"
Report = Callable[[dict[str, Any]], None]


def simulate(studio: Studio, fault: str, report: Report) -> dict[str, Any]:
    """Train the digits sample for a few steps, let the fault strike half-way, and say what became of the run.

    `recovered` is whether what should happen did: the run finished after all, or, for a loss that is not a number,
    ended at once with its last good checkpoint kept. The run is removed again.
    """
    if fault not in FAULTS:
        raise unknown("fault", fault, FAULTS)
    summary = studio.import_dataset(
        ImportRequest(Path("digits"), name=f"simulated {fault}", options={"image_size": "32"})
    )
    wish = Wish(changes={"max_steps": STEPS, "evaluations": 4, "batch_size": 16, "warm_head": False})
    spec = studio.draw_up(summary["dataset"], "resnet-18-untrained", wish)
    run = runs.create(studio.settings.runs, spec, f"simulated {fault}", "local")
    try:
        steps = [_attempt(run, {VARIABLE: f"{fault}@{STRIKE}"}, report)]
        if run.status() in (Status.INTERRUPTED, Status.FAILED) and steps[0]["error"] != "not_finite":
            steps.append(_attempt(run, None, report, resume=True))
        shrunk = any(isinstance(event, events.Shrunk) for event in events.read(run.log))
        return {
            "fault": fault,
            "recovered": _as_it_should_be(fault, run, steps, shrunk),
            "steps": steps,
            "smaller_micro_batch": shrunk,
            "checkpoints": sorted(folder.name for folder in run.checkpoints.iterdir()),
        }
    finally:
        jobs.delete(run)


def _attempt(run: Run, extra: dict[str, str] | None, report: Report, resume: bool = False) -> dict[str, Any]:
    """Let a worker work on the run until it ends."""
    process = jobs.resume(run) if resume else jobs.spawn(run, extra)
    while process.poll() is None:
        report({"phase": "simulating", **run.progress()})
        time.sleep(0.3)
    record = runs.record(run)
    return {"status": record["status"], "step": record["step"], "error": (record["error"] or {}).get("code")}


def _as_it_should_be(fault: str, run: Run, steps: list[dict[str, Any]], shrunk: bool) -> bool:
    finished = run.status() is Status.FINISHED
    match fault:
        case "oom":
            return finished and shrunk and len(steps) == 1
        case "nan":
            return steps[0] == {"status": "failed", "step": STRIKE - 1, "error": "not_finite"}
        case "kill":
            return finished and steps[0]["status"] == Status.INTERRUPTED.value
        case _:
            return finished and steps[0]["error"] == "storage"
