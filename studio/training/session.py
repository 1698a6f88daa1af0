"""One run from its spec to its results, once the device is ours: prepare, warm the head, train, score.

This is the order of things; how each is done stands in the module of its name.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch

from studio import files, sealed
from studio.arrays import Encoded
from studio.errors import storage_errors
from studio.plan import Plan, unfold
from studio.runs import events
from studio.runs.store import Run
from studio.training import (
    build,
    checkpoint,
    deadline,
    finish,
    loop,
    memory,
    norms,
    optimizers,
    prefix,
    room,
    summaries,
    surroundings,
    trials,
    warming,
)
from studio.training.checkpoint import Checkpoint, Progress
from studio.training.ending import Ending, Heed, Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside, Result
from studio.training.recorder import Recorder
from studio.training.setup import Setup
from studio.training.team import ALONE, Team, expected, join

_ASKED_SECONDS = 60.0  # after which a file that somebody was writing to ask for something is a leftover
T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """Seconds by phase. `began` is when the slot became ours."""

    began: float
    phases: dict[str, float]

    def lap(self, phase: str) -> None:
        """The time since the last lap belongs to `phase`."""
        self.phases[phase] = round(time.monotonic() - self.began - sum(self.phases.values()), 3)


@dataclass(frozen=True)
class Job:
    """What the parts of a session share."""

    run: Run
    end: Ending
    clock: Clock
    outside: Outside
    team: Team

    def note(self, event: events.Event) -> None:
        """Write a fact into the log, if this is the process that writes."""
        if self.team.leads:
            events.append(self.run.log, event)

    def tell(self, **progress: Any) -> None:
        if self.outside.recorder is not None:
            self.outside.recorder.progress(now=True, **progress)


def work(run: Run, end: Ending, meeting: int | None = None) -> None:
    """Do the whole job. Ends with an event; raises Ended where it was left because the outside wants an end.

    One of several processes of a run does its part of it; `meeting` is for `team.join`. Where memory runs out on one of
    them it notes how much less to take at a time, and raises OutOfMemory.
    """
    with end.heeding(Heed.ALL), storage_errors("The run's folder cannot be written to."):
        end.check()  # what was asked while the libraries were loaded
        clock = Clock(time.monotonic(), {})
        team = _team(run, meeting)
        job = Job(run, end, clock, _outside(run, end, team), team)
        if team.leads:
            files.write_json(run.environment_file, surroundings.environment(team.size))
        loaded = memory.shrunk(run, memory.built(lambda: build.build(run, _plan(run, team), team)))
        job.clock.lap("setup")
        resumed = _last_checkpoint(job, loaded)
        first = resumed.progress.step if resumed else 0
        job.tell(phase="preparing", step=first)
        setup, facts = _prepare(job, loaded, resumed)
        job.note(events.Prepared(facts))
        job.clock.lap("warm")

    job.note(events.Started(first))
    setup.memory.start()
    result = _train(job, setup, resumed)
    job.clock.lap("train")
    team.leave()
    if team.leads:
        _finish(job, replace(setup, token_budget=loaded.token_budget, team=ALONE), result, facts, loaded)


def _finish(job: Job, setup: Setup, result: Result, facts: dict[str, Any], loaded: Setup) -> None:
    """Score the model that is kept, and say the last word."""
    run, end = job.run, job.end
    with end.heeding(Heed.ALL_BUT_KEEP), storage_errors("The model could not be saved."):
        end.check()  # what was asked while the loop was at work: to pause, or to discard
        scores = _score(job, setup, result, loaded.encoded)
    found = finish.report(run, setup, result.progress, facts, job.clock.phases)
    report = {"metrics": scores, **found, "peak_memory_bytes": setup.memory.peak()}
    sealed.write(run.metrics_file, report)
    job.tell(phase="done", seconds_left=0)
    step = result.progress.step
    events.append(run.log, events.Stopped(step, kept=True) if result.ended is Wanted.STOP else events.Finished(step))


def _team(run: Run, meeting: int | None) -> Team:
    """Who trains together. The first process fetches the starting weights, and the others wait until it has."""
    if not expected():
        return ALONE
    if os.environ["RANK"] == "0":
        build.start_folder(run, unfold(run.spec()))
    return join(meeting)


def _plan(run: Run, team: Team) -> Plan:
    """What the spec says, in the number format that an earlier worker chose: measured again, another might win. The
    minutes that the day leaves are the same in all processes, or they would not try as many steps of a rate."""
    plan, known = unfold(run.spec()), _known(run)
    found: dict[str, Any] = {"precision": known["precision"]} if known else {}
    found["max_minutes"] = team.decided(deadline.left(plan.training, run.log))
    return replace(plan, training=plan.training.model_copy(update=found))


def _in_time(job: Job, setup: Setup, spent: float) -> Setup:
    """The setup with the minutes that the day leaves it, the same in all processes; `spent`: seconds trained before."""
    asked = unfold(job.run.spec()).training
    left = {"max_minutes": job.team.decided(deadline.left(asked, job.run.log, spent))}
    training = setup.plan.training.model_copy(update=left)
    return replace(setup, plan=replace(setup.plan, training=training))


def _known(run: Run) -> dict[str, Any]:
    """What an earlier worker found out before its first step; empty if none did, or its entry in the log is damaged."""
    found = [event.facts for event in events.read(run.log) if isinstance(event, events.Prepared)]
    return found[-1] if found else {}


def _outside(run: Run, end: Ending, team: Team) -> Outside:
    faults = Faults.from_environment(team.rank)
    if not team.leads:
        return Outside(None, end.asked, None, lambda step: None, faults)
    recorder = Recorder(run)
    return Outside(recorder, end.asked, run.checkpoints, lambda step: room.noted(run, step), faults)


def _last_checkpoint(job: Job, setup: Setup) -> Checkpoint | None:
    """What to go on from, if there is anything; damaged checkpoints are passed over and named."""
    if not job.team.leads:
        step = job.team.decided(None)
        return None if step is None else checkpoint.at_step(job.run.checkpoints, step)
    found, damaged = checkpoint.latest(job.run.checkpoints, checkpoint.origin_of(setup.plan.spec))
    files.remove_leftovers(job.run.folder, _ASKED_SECONDS)
    files.remove_leftovers(job.run.checkpoints)
    for name in damaged:
        events.append(job.run.log, events.Warned("damaged_checkpoint", _damage(name, found)))
        files.remove(job.run.checkpoints / name)
    checkpoint.drop_old(job.run.checkpoints)  # what a worker that was ended in between has left
    job.team.decided(found.progress.step if found else None)
    return found


def _damage(name: str, found: Checkpoint | None) -> str:
    """What a damaged checkpoint means for the run that goes on from `found`. Names sort as their steps do."""
    if found is None:
        return f"The checkpoint {name} was damaged; training starts again from the first step."
    if name > found.folder.name:
        return f"The checkpoint {name} was damaged; training goes on from an older one, {found.folder.name}."
    return f"The checkpoint {name}, the best so far, was damaged; the best from {found.folder.name} on takes its place."


def _score(job: Job, setup: Setup, result: Result, held_out: dict[str, Encoded]) -> dict[str, Any]:
    """Save the best weights and score them on the held-out rows."""
    step, recorder = result.progress.step, job.outside.recorder
    events.append(job.run.log, events.Evaluating(step))
    job.tell(phase="evaluating", step=step, total_steps=setup.total_steps)
    finish.save_model(job.run, setup, result.progress)
    scores = memory.retried(job.run, setup, lambda s: finish.score(job.run, s, held_out))
    if recorder is not None:
        summaries.end(recorder, setup.plan, scores["test"], step)
    job.clock.lap("evaluate")
    return scores


def _prepare(job: Job, setup: Setup, resumed: Checkpoint | None) -> tuple[Setup, dict[str, Any]]:
    """Warm head, baselines, method, learning rate; and the facts found on the way. After a resume most are known."""
    known = _known(job.run) if resumed else {}
    cached: dict[str, Encoded] | None = None
    start: dict[str, torch.Tensor] | None = None
    if setup.plan.training.batch_norm != "frozen":
        setup = memory.retried(job.run, setup, norms.take_anew)
    if not known:
        setup, cached, start = memory.retried(job.run, setup, warming.begun)
    if known:
        baseline = known["baseline"]
    else:
        setup, baseline = memory.retried(job.run, setup, lambda s: (s, finish.baselines(s, cached)))
    rows = {split: len(encoded) for split, encoded in setup.encoded.items()}
    setup = memory.retried(job.run, setup, lambda s: build.tune(s, cached, start, job.run.folder))
    if prefix.crowded(setup):
        job.note(events.Warned("not_kept", prefix.CROWDED))
    if known:
        factor = known["rate_factor"]
    else:
        setup, factor = memory.retried(job.run, setup, lambda s: (s, trials.best_factor(s, job.outside)))
    setup = trials.with_rate(setup, factor)
    facts = {
        "rows": rows,
        "baseline": baseline,
        "rate_factor": factor,
        "by_chance": known.get("by_chance", False) if known else setup.by_chance,
        "learning_rate": setup.plan.training.learning_rate,
        "max_length": setup.limits.max_length or None,
        "asked_length": setup.asked.max_length or None,
        "rows_cut": setup.rows_cut,
        "characters": setup.characters,
        "device": setup.device.label,
        "precision": setup.device.precision,
        "micro_batch": setup.token_budget,
        "total_steps": setup.total_steps,
        **finish.parameter_counts(setup.model, setup.network),
    }
    return setup, facts


def _train(job: Job, setup: Setup, resumed: Checkpoint | None) -> Result:
    """The loop; when memory runs out, again from the last checkpoint with micro-batches of half the size."""
    start = resumed
    if resumed is not None and resumed.progress.token_budget:
        budget = max(setup.fewest, min(setup.token_budget, resumed.progress.token_budget))
        setup = replace(setup, token_budget=budget)

    def attempt(current: Setup) -> Result:
        nonlocal start
        optimizer = optimizers.build(current)
        start, _ = checkpoint.latest(job.run.checkpoints, checkpoint.origin_of(current.plan.spec))
        if start is not None:
            checkpoint.restore(current.model, optimizer, start)
        if job.outside.recorder is not None:
            summaries.begin(job.run, job.outside.recorder, current, optimizer, start.progress if start else None)
        progress = start.progress if start else Progress()
        return loop.train(_in_time(job, current, progress.seconds), job.outside, progress, optimizer)

    with storage_errors("A checkpoint could not be written. The run is safe at the one before."):
        return memory.retried(job.run, setup, attempt)
