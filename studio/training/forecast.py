"""What a run will cost here, measured: `python -m studio.training.forecast <folder>` writes `forecast.json` there.

A few real steps on typical rows give the seconds per step, one step on the longest rows gives the peak memory, a
forward pass gives the cost of features and evaluations. Nothing is guessed from a formula but the number of each. For a
run on several devices one of them is measured, with its share of the rows and of the processor; what they tell each
other is not.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio import processes
from studio.arrays import Encoded, Integers
from studio.plan import unfold
from studio.runs.store import Run
from studio.training import batches, build, evaluate, finish, loop, optimizers, prefix, trials
from studio.training.answer import answer
from studio.training.checkpoint import Progress
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside
from studio.training.setup import Setup

STEPS = 6  # measured; the first is left out, it pays for what is set up once
FORWARD_ROWS = 256


def main(arguments: list[str]) -> int:
    return answer(Path(arguments[0]), "forecast", measure)


def measure(run: Run) -> dict[str, Any]:
    """Seconds by phase, memory in bytes, micro-batch in examples. Limits of time are for who reads it."""
    began = time.monotonic()
    plan = unfold(run.spec())
    setup = build.build(run, plan)
    setup_seconds = time.monotonic() - began
    rows = {split: len(encoded) for split, encoded in setup.encoded.items()}
    plain = replace(setup, device=replace(setup.device, precision="fp32"))
    score = _forward_seconds(plain, setup.encoded["test"], "network")  # before accelerate changes the model's forward
    params, total_steps, lengths = plan.training, setup.total_steps, setup.encoded["train"].lengths
    setup = _one_of_several(setup)
    forward = _forward_seconds(setup, setup.encoded["train"], "network")
    tuned = build.tune(replace(setup, encoded=_typical(setup)), None)
    setup.memory.start()
    per_step = _step_seconds(tuned)
    _step_seconds(replace(tuned, encoded=tuned.encoded | {"train": _longest(tuned)}), steps=1)
    evaluated = _forward_seconds(tuned, tuned.encoded["train"], "model")
    seconds = {
        "setup": setup_seconds,
        "warm": forward * _asked_rows(setup, rows, isinstance(tuned.model, prefix.Above)),
        "train": per_step * total_steps * (1.0 + (trials.SHARE if params.rate_trials > 1 else 0.0)),
        "evaluate": evaluated * rows["valid"] * params.evaluations / params.devices,
        "score": score * (rows["valid"] + rows["test"]),
    }
    return {
        "seconds": round(sum(seconds.values()), 1),
        "seconds_by_phase": {phase: round(value, 2) for phase, value in seconds.items()},
        "seconds_per_step": round(per_step, 4),
        "steps": total_steps,
        "measured_steps": STEPS - 1,
        "memory_bytes": setup.memory.peak(),
        "micro_batch": max(1, min(setup.plan.training.batch_size, setup.token_budget // max(1, int(lengths.max())))),
        "batch_size": params.batch_size,
        "devices": params.devices,
        "device": setup.device.label,
        "precision": setup.device.precision,
        "rows": rows,
        **finish.parameter_counts(tuned.model, tuned.network),
    }


def _asked_rows(setup: Setup, rows: dict[str, int], cut: bool) -> float:
    """How many rows the network answers before the first step: for features, for names, for what lies below a cut."""
    params = setup.plan.training
    asked = sum(rows.values()) / params.devices if params.warm_head or params.label_names else 0.0
    return asked + (rows["train"] + rows["valid"] if cut else 0)


def _one_of_several(setup: Setup) -> Setup:
    """The setup of one of the run's devices: its share of each step, and of the threads where they are all it has."""
    params = setup.plan.training
    if params.devices == 1:
        return setup
    if setup.device.type == "cpu":
        torch.set_num_threads(max(1, torch.get_num_threads() // params.devices))
    share = params.model_copy(update={"batch_size": math.ceil(params.batch_size / params.devices)})
    return replace(setup, plan=replace(setup.plan, training=share))


def _typical(setup: Setup) -> dict[str, Encoded]:
    """Whole batches of the first epoch: rows as training meets them; the other splits as one row."""
    train = setup.encoded["train"]
    params = setup.plan.training
    first = batches.Sampler(len(train), params.batch_size, params.seed).epoch(0)[:STEPS]
    one: Integers = np.zeros(1, dtype=np.int64)
    return {"train": train.take(np.concatenate(first)), "valid": train.take(one), "test": train.take(one)}


def _longest(setup: Setup) -> Encoded:
    train = setup.encoded["train"]
    order: Integers = np.argsort(-train.lengths, kind="stable")[: setup.plan.training.batch_size]
    return train.take(order)


def _step_seconds(setup: Setup, steps: int = STEPS) -> float:
    """Median seconds of real optimizer steps: the time between two askings of the loop; 0 where nothing is trained."""
    if not setup.plan.method.trains:
        return 0.0
    changes = {"max_steps": steps, "epochs": steps, "evaluations": 1, "early_stopping": 0, "max_minutes": None}
    params = setup.plan.training.model_copy(update=changes)
    setup = replace(setup, plan=replace(setup.plan, training=params))
    asked: list[float] = []

    def wanted() -> Wanted:
        asked.append(time.monotonic())
        return Wanted.MORE

    optimizer = optimizers.build(setup)
    loop.train(setup, Outside(None, wanted, None, lambda step: None, Faults()), Progress(), optimizer)
    asked.append(time.monotonic())
    return float(np.median(np.diff(asked)[1:] if steps > 1 else np.diff(asked)))


def _forward_seconds(setup: Setup, rows: Encoded, which: str) -> float:
    """Seconds of evaluation per row."""
    chosen: Integers = np.linspace(0, len(rows) - 1, min(len(rows), FORWARD_ROWS)).astype(np.int64)
    sample = rows.take(np.unique(chosen))
    model = setup.network if which == "network" else setup.model
    began = time.monotonic()
    evaluate.outputs(model, sample, setup.collate, setup.plan.task, setup.device, setup.token_budget)
    return (time.monotonic() - began) / len(sample)


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
