"""One side of engine.py: some training steps of a planned run, timed; prints one line of JSON.

Started by engine.py with a request as JSON. Every side reads the run's spec and dataset and begins with the
weights that the run would begin with; nothing is written into the run's folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import plain_rows
import plain_trainer
import torch
from transformers import Trainer, TrainerCallback

from studio.arrays import Integers
from studio.plan import unfold
from studio.runs.store import Run
from studio.training import build, loop, optimizers
from studio.training.checkpoint import Progress
from studio.training.device import Device, MemoryMeter
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside
from studio.training.setup import Setup

WARM_STEPS = 5  # at the start, not counted: they pay for what is set up once
SIDE = 2048  # of the square matrices whose product is timed


@dataclass
class Clock:
    """Times of the beginnings of steps; `result` is made of those after the warm ones."""

    times: list[float]

    def tick(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())

    def result(self, examples: int) -> dict[str, float]:
        seconds = self.times[-1] - self.times[WARM_STEPS]
        steps = len(self.times) - 1 - WARM_STEPS
        return {"examples_per_second": steps * examples / seconds, "seconds_per_step": seconds / steps}


def main(argument: str) -> None:
    request = json.loads(argument)
    run = Run(Path(request["folder"]))
    steps = request["steps"] + WARM_STEPS
    sides: dict[str, Callable[[Run, int], dict[str, Any]]] = {
        "studio": studio,
        "example": lambda run, steps: trainer(run, steps, tuned=False),
        "tuned": lambda run, steps: trainer(run, steps, tuned=True),
        "plain": plain,
    }
    print(json.dumps(sides[request["side"]](run, steps)), flush=True)


# The studio ----------------------------------------------------------------------------------------------------------


def studio(run: Run, steps: int) -> dict[str, Any]:
    """The worker's loop on the run's rows, without evaluations, curves and checkpoints."""
    setup = short(built(run), steps)
    clock = Clock([])

    def wanted() -> Wanted:
        clock.tick()
        return Wanted.MORE

    params = setup.plan.training
    optimizer = optimizers.build(setup)
    setup.memory.start()
    loop.train(setup, Outside(None, wanted, None, lambda step: None, Faults()), Progress(), optimizer)
    clock.tick()
    result = clock.result(params.batch_size)
    work = multiplications(setup) * 2 / result["seconds_per_step"]
    return result | {"peak_bytes": setup.memory.peak(), "share": work / matrix_speed(setup.device)}


def built(run: Run) -> Setup:
    plan = unfold(run.spec())
    setup = build.build(run, plan)
    one: Integers = np.zeros(1, dtype=np.int64)
    few = {split: setup.encoded["train"].take(one) for split in ("valid", "test")}
    return build.tune(replace(setup, encoded=setup.encoded | few), None)


def short(setup: Setup, steps: int) -> Setup:
    changes = {"max_steps": steps, "evaluations": 1, "early_stopping": 0, "epochs": 1000, "log_every": 10}
    training = setup.plan.training.model_copy(update=changes)
    return replace(setup, plan=replace(setup.plan, training=training))


def multiplications(setup: Setup) -> float:
    """Multiplications of one mean step, forward and backward, counted by torch over a few steps."""
    from torch.utils.flop_counter import FlopCounterMode

    sample = short(setup, 8)
    optimizer = optimizers.build(sample)
    counter = FlopCounterMode(display=False)
    with counter:
        loop.train(sample, Outside(None, lambda: Wanted.MORE, None, lambda step: None, Faults()), Progress(), optimizer)
    return float(counter.get_total_flops()) / 2 / 8


def matrix_speed(device: Device) -> float:
    """Operations per second of a product of large matrices in the number format of training: the best of some."""
    dtype = torch.bfloat16 if device.precision == "bf16" else torch.float32
    first, second = (torch.randn(SIDE, SIDE, device=device.torch).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(20):
        began = time.perf_counter()
        first @ second
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return 2.0 * SIDE**3 / best


# Trainer -------------------------------------------------------------------------------------------------------------


class Ticks(TrainerCallback):
    """Tells the clock of every step."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self._clock.tick()


def trainer(run: Run, steps: int, tuned: bool) -> dict[str, Any]:
    """transformers' Trainer with the run's settings: as its documentation shows it, or as an expert would set it."""
    plan = unfold(run.spec())
    loaded = plain_trainer.start(run, plan)
    limits = build.build(run, plan).limits
    request = plain_trainer.Request(str(run.folder), plan.training.learning_rate or 1e-4, 0.0, 1000, None, None, tuned)
    request = replace(request, max_length=limits.max_length)
    prepared = plain_rows.prepare(plan, build.dataset_folder(run, plan), loaded.processor, request.max_length)
    with tempfile.TemporaryDirectory() as scratch:
        short_plan = replace(plan, training=plan.training.model_copy(update={"max_steps": steps}))
        model, _ = plain_trainer.tuned(short_plan, loaded.model, request, steps)
        settings = plain_trainer.arguments(short_plan, request, len(prepared.train), scratch)
        clock, meter = Clock([]), MemoryMeter(Device("cuda:0" if torch.cuda.is_available() else "cpu", "", "fp32"))
        learner = Trainer(
            model=model,
            args=settings,
            train_dataset=prepared.train,
            data_collator=prepared.collator,
            callbacks=[Ticks(clock)],
        )
        meter.start()
        learner.train()
        clock.tick()
    return clock.result(plan.training.batch_size) | {"peak_bytes": meter.peak()}


# A plain loop --------------------------------------------------------------------------------------------------------


def plain(run: Run, steps: int) -> dict[str, Any]:
    """A tutorial's loop over images: pictures changed one by one, in float32, with AdamW as torch has it by default."""
    setup = built(run)
    plan, model = setup.plan, plain_trainer.start(run, setup.plan).model.to(setup.device.torch).train()
    prepared = plain_rows.prepare(plan, build.dataset_folder(run, plan), setup.processor, None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan.training.learning_rate or 1e-4)
    clock, meter = Clock([]), MemoryMeter(setup.device)
    meter.start()
    for batch in islice(endless(prepared, plan.training.batch_size), steps):
        clock.tick()
        pixels, labels = (batch[name].to(setup.device.torch) for name in ("pixel_values", "labels"))
        loss = torch.nn.functional.cross_entropy(model(pixel_values=pixels).logits, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        loss.item()
    clock.tick()
    return clock.result(plan.training.batch_size) | {"peak_bytes": meter.peak()}


def endless(prepared: plain_rows.Prepared, size: int) -> Iterator[Any]:
    loader: Any = torch.utils.data.DataLoader(
        prepared.train,  # type: ignore[arg-type]
        batch_size=size,
        shuffle=True,
        drop_last=True,
        collate_fn=prepared.collator,
    )
    while True:
        yield from loader


if __name__ == "__main__":
    main(sys.argv[1])
