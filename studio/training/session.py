"""One run from its spec to its results, once the device is ours: prepare, warm the head, train, score.

This is the order of things; how each is done stands in the module of its name.
"""

from __future__ import annotations

import importlib.metadata
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch

from studio import __version__, files
from studio.contracts import Encoded
from studio.errors import OutOfMemory, storage_errors
from studio.plan import unfold
from studio.runs import events
from studio.runs.store import Run
from studio.training import build, checkpoint, finish, loop, optimizers, trials
from studio.training.build import Setup
from studio.training.checkpoint import Checkpoint, Progress
from studio.training.device import MemoryMeter, out_of_memory
from studio.training.ending import Ended, Ending, Heed, Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside, Result
from studio.training.recorder import Recorder

T = TypeVar("T")
LIBRARIES = ("torch", "transformers", "peft", "accelerate", "datasets", "tokenizers", "safetensors", "numpy")


@dataclass(frozen=True)
class Clock:
    """Seconds by phase. `began` is when the slot became ours."""

    began: float
    phases: dict[str, float]

    def lap(self, phase: str) -> None:
        """The time since the last lap belongs to `phase`."""
        self.phases[phase] = round(time.monotonic() - self.began - sum(self.phases.values()), 3)


def work(run: Run, end: Ending) -> None:
    """Do the whole job. Ends with an event, or, if the process was asked to end, without: the run is then resumable."""
    try:
        with end.heeding(Heed.ALL):
            end.check()  # what was asked while the libraries were loaded
            _work(run, end)
    except Ended:
        if end.asked() is Wanted.STOP:
            _drop(run, end, run.progress().get("step", 0))


def _work(run: Run, end: Ending) -> None:
    clock = Clock(time.monotonic(), {})
    plan = unfold(run.spec())
    files.write_json(run.environment_file, environment())
    files.remove(run.model)
    setup = build.build(run, plan)
    clock.lap("setup")
    resumed, damaged = checkpoint.latest(run.checkpoints, checkpoint.origin_of(plan.spec))
    for name in damaged:
        message = f"The checkpoint {name} was damaged; training goes on from an older one."
        events.append(run.log, events.Warned("damaged_checkpoint", message))
    recorder = Recorder(run)
    outside = Outside(recorder, end.asked, run.checkpoints, lambda s: events.append(run.log, events.Saved(s)), faults())
    recorder.progress(now=True, phase="preparing", step=resumed.progress.step if resumed else 0)
    held_out = setup.encoded
    setup, facts = _prepare(run, setup, resumed, outside)
    events.append(run.log, events.Prepared(facts))
    clock.lap("warm")

    events.append(run.log, events.Started(resumed.progress.step if resumed else 0))
    meter = MemoryMeter(setup.device)
    meter.start()
    with end.heeding(Heed.NONE):
        result = _train(run, setup, outside, resumed)
    clock.lap("train")
    if result.ended is Wanted.PAUSE:
        return None
    if end.discards:
        return _drop(run, end, result.progress.step)

    events.append(run.log, events.Evaluating(result.progress.step))
    recorder.progress(now=True, phase="evaluating", step=result.progress.step, total_steps=setup.total_steps)
    with end.heeding(Heed.ALL_BUT_KEEP), storage_errors("The model could not be saved."):
        finish.save_model(run, setup, result.progress)
        scores = finish.score(run, setup, held_out)
    recorder.metrics({k: v for k, v in scores["test"].items() if k != "interval"}, "test", result.progress.step)
    recorder.close()
    clock.lap("evaluate")
    files.write_json(run.metrics_file, _report(run, setup, result, scores, facts, clock, meter))
    recorder.progress(now=True, phase="done", seconds_left=0)
    if result.ended is Wanted.STOP:
        events.append(run.log, events.Stopped(result.progress.step, kept=True))
    else:
        events.append(run.log, events.Finished(result.progress.step))


def faults() -> Faults:
    return Faults.from_environment()


def _drop(run: Run, end: Ending, step: int) -> None:
    """Stopped without a model. Checkpoints stay, to be resumed from, unless all is to be discarded."""
    if end.discards:
        files.remove(run.checkpoints)
        files.remove(run.model)
    events.append(run.log, events.Stopped(step, kept=False))


def _prepare(run: Run, setup: Setup, resumed: Checkpoint | None, outside: Outside) -> tuple[Setup, dict[str, Any]]:
    """Warm head, baselines, method, learning rate; and the facts found on the way. After a resume most are known."""
    earlier = {k: v for e in events.read(run.log) if isinstance(e, events.Prepared) for k, v in e.facts.items()}
    cached: dict[str, Encoded] | None = None
    if resumed is None and setup.plan.training.warm_head:
        setup, cached = _retried(run, setup, lambda s: (s, build.warm(s)))
    baseline = earlier["baseline"] if resumed else finish.baselines(setup, cached)
    rows = {split: len(encoded) for split, encoded in setup.encoded.items()}
    cut = int((setup.encoded["train"].lengths >= setup.limits.max_length).sum()) if setup.limits.max_length else 0
    setup = _retried(run, setup, lambda s: build.tune(s, cached))
    factor = earlier["rate_factor"] if resumed else trials.best_factor(setup, outside)
    setup = trials.with_rate(setup, factor)
    facts = {
        "rows": rows,
        "baseline": baseline,
        "rate_factor": factor,
        "learning_rate": setup.plan.training.learning_rate,
        "max_length": setup.limits.max_length or None,
        "rows_cut": cut,
        "device": setup.device.label,
        "precision": setup.device.precision,
        "micro_batch": setup.token_budget,
        "total_steps": setup.total_steps,
        **finish.parameter_counts(setup.model, setup.network),
    }
    return setup, facts


def _train(run: Run, setup: Setup, outside: Outside, resumed: Checkpoint | None) -> Result:
    """The loop; when memory runs out, again from the last checkpoint with micro-batches of half the size."""
    start = resumed
    if resumed is not None and resumed.progress.token_budget:
        setup = replace(setup, token_budget=min(setup.token_budget, resumed.progress.token_budget))

    def attempt(current: Setup) -> Result:
        nonlocal start
        optimizer = optimizers.build(current.model, current.head_names, current.plan.training, current.device.type)
        start, _ = checkpoint.latest(run.checkpoints, checkpoint.origin_of(current.plan.spec))
        if start is not None:
            checkpoint.restore(current.model, optimizer, start)
            if outside.recorder is not None:
                outside.recorder.rewind(start.progress.step)
        return loop.train(current, outside, start.progress if start else Progress(), optimizer)

    with storage_errors("A checkpoint could not be written. The run is safe at the one before."):
        return _retried(run, setup, attempt)


def _retried(run: Run, setup: Setup, attempt: Callable[[Setup], T]) -> T:
    """`attempt(setup)`, again with half the token budget each time memory runs out."""
    while True:
        try:
            return attempt(setup)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            if setup.token_budget <= 1:
                raise OutOfMemory(
                    "Not even one example at a time fits into memory.",
                    next="Choose a smaller model, a smaller max_length or image_size, or LoRA instead of full.",
                ) from error
        if setup.device.type == "cuda":
            torch.cuda.empty_cache()
        setup = replace(setup, token_budget=max(1, setup.token_budget // 2))
        events.append(run.log, events.Shrunk(setup.token_budget))


def _report(
    run: Run,
    setup: Setup,
    result: Result,
    scores: dict[str, Any],
    facts: dict[str, Any],
    clock: Clock,
    meter: MemoryMeter,
) -> dict[str, Any]:
    """`metrics.json`."""
    queued = next((e.at for e in reversed(events.read(run.log)) if isinstance(e, events.Preparing)), 0.0)
    seconds = {"queued": round(max(0.0, queued - run.meta().place / 1e9), 3), **clock.phases}
    trained = result.progress.step * setup.plan.training.batch_size
    return {
        "metrics": scores,
        "baseline": facts["baseline"],
        "rows": facts["rows"],
        "step": result.progress.step,
        "best_step": result.progress.best_step,
        "best_value": result.progress.best_value,
        "seconds": seconds | {"total": round(sum(clock.phases.values()), 3)},
        "samples_per_second": round(trained / max(1e-9, result.progress.seconds), 2),
        "peak_memory_bytes": meter.peak(),
    }


def environment() -> dict[str, Any]:
    """What the run was made with; no names, paths or variables of this machine."""
    return {
        "studio": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "cuda": torch.version.cuda,
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES if _installed(name)},
    }


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
