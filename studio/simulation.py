"""A small real run that is broken on purpose, to see that the studio recovers: `doctor --simulate`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import files, sealed
from studio.catalog import unknown
from studio.data.upload import ImportRequest
from studio.plan import Wish
from studio.runs import events, jobs
from studio.runs import store as runs
from studio.runs.store import Run, Status

if TYPE_CHECKING:
    from studio.api import Studio

STEPS, STRIKE = 8, 4
DAY = 86400
VARIABLE = "STUDIO_FAULT"
Report = Callable[[dict[str, Any]], None]


def _nothing(_: Run) -> None:
    pass


def _damage(run: Run) -> None:
    """Flip a bit in the middle of the newest checkpoint."""
    path = max(run.checkpoints.glob("step-*")) / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    files.write_bytes(path, bytes(content))


def _tear(run: Run) -> None:
    """Cut the end off the log and off the newest record of the curves, as a power cut may."""
    for path in (run.log, max(run.curves.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
        files.write_bytes(path, path.read_bytes()[:-7])


def _other_data(run: Run) -> None:
    """As if the dataset had been another when the run began."""
    spec = sealed.read(run.spec_file)
    sealed.write(run.spec_file, spec | {"fingerprint": "0" * 64})


def _earlier(run: Run) -> None:
    """As if the clock had been a day ahead until now."""
    history = events.read(run.log)
    files.remove(run.log)
    for event in history:
        events.append(run.log, replace(event, at=event.at + DAY))
    for path in run.curves.iterdir():
        begun = path.name.split(".")[3]
        files.also(path, path.with_name(path.name.replace(begun, str(int(begun) + DAY), 1)))
        files.remove(path)


@dataclass(frozen=True)
class Course:
    """What a fault should lead to: how the first worker's work ends, what is done to the run then, and how it ends
    when it goes on; None where it should not need to. `strike` is what the worker is told to do to itself, that many
    steps `later`; `told` what the run's log should mention."""

    strike: str
    ends: Status
    error: str | None = None
    later: int = 0
    then: Callable[[Run], None] = _nothing
    goes_on: Status | None = Status.FINISHED
    last_error: str | None = None
    told: type[events.Event] | None = None


COURSES: dict[str, Course] = {
    "oom": Course("oom", Status.FINISHED, goes_on=None, told=events.Shrunk),
    "kill": Course("kill", Status.INTERRUPTED),
    "nan": Course("nan", Status.FAILED, "not_finite", goes_on=None),
    "gpu-lost": Course("gpu-lost", Status.FAILED, "device_lost"),
    "hang": Course("hang", Status.STOPPED),
    "disk-full": Course("disk-full", Status.FAILED, "storage"),
    "read-only": Course("read-only", Status.FAILED, "storage"),
    "disk-error": Course("disk-error", Status.FAILED, "storage"),
    "damaged": Course("kill", Status.INTERRUPTED, later=1, then=_damage, told=events.Warned),
    "torn": Course("kill", Status.INTERRUPTED, then=_tear),
    "clock": Course("kill", Status.INTERRUPTED, then=_earlier),
    "data-changed": Course(
        "kill", Status.INTERRUPTED, then=_other_data, goes_on=Status.FAILED, last_error="changed_since"
    ),
}
FAULTS = tuple(COURSES)


def simulate(studio: Studio, fault: str, report: Report) -> dict[str, Any]:
    """Train the digits sample for a few steps, let the fault strike half-way, and say what became of the run.

    `recovered` is whether what should happen did, from the status and the error of each attempt to what the run says
    about it; in all of them the last good checkpoint is kept. The run is removed again.
    """
    if fault not in FAULTS:
        raise unknown("fault", fault, FAULTS)
    course = COURSES[fault]
    summary = studio.import_dataset(
        ImportRequest(Path("digits"), name=f"simulated {fault}", options={"image_size": "32"})
    )
    wish = Wish(changes={"max_steps": STEPS, "evaluations": 4, "batch_size": 16, "warm_head": False})
    spec = studio.draw_up(summary["dataset"], "starter-resnet", wish)
    run = runs.create(studio.settings.runs, spec, f"simulated {fault}", "local")
    try:
        steps = [_attempt(run, {VARIABLE: f"{course.strike}@{STRIKE + course.later}"}, report)]
        if course.goes_on is not None and run.status() in jobs.RESUMABLE:
            course.then(run)
            steps.append(_attempt(run, None, report, resume=True))
        said = [type(event) for event in events.read(run.log)]
        return {
            "fault": fault,
            "recovered": _as_it_should_be(course, steps) and (course.told is None or course.told in said),
            "steps": steps,
            "smaller_micro_batch": events.Shrunk in said,
            "checkpoints": sorted(folder.name for folder in run.checkpoints.iterdir()),
        }
    finally:
        jobs.delete(run)


def _attempt(run: Run, extra: dict[str, str] | None, report: Report, resume: bool = False) -> dict[str, Any]:
    """Let a worker work on the run until it ends; one that hangs is stopped as soon as that is known."""
    process = jobs.resume(run) if resume else jobs.spawn(run, extra)
    while process.poll() is None:
        report({"phase": "simulating", **run.progress()})
        if run.silent() and run.status().works:
            jobs.stop(run)
        time.sleep(0.3)
    while not run.status().over:  # whoever ended it is just saying the last word
        time.sleep(0.05)
    record = runs.record(run)
    return {"status": record["status"], "step": record["step"], "error": (record["error"] or {}).get("code")}


def _as_it_should_be(course: Course, steps: list[dict[str, Any]]) -> bool:
    """Whether each attempt ended as it should; a loss that is not a number ends training at once, before its step."""
    wanted = [(course.ends.value, course.error)]
    if course.goes_on is not None:
        wanted.append((course.goes_on.value, course.last_error))
    at_once = course.error != "not_finite" or steps[0]["step"] == STRIKE - 1
    return [(step["status"], step["error"]) for step in steps] == wanted and at_once
