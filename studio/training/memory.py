"""What is done when memory runs out: the same again with less at a time, down to one example or a few images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import torch

from studio.errors import OutOfMemory
from studio.runs import events
from studio.runs.store import Run
from studio.training.device import out_of_memory, refuse_lost
from studio.training.setup import Setup

T = TypeVar("T")


def built(build: Callable[[], Setup]) -> Setup:
    """What `build` gives, where the network fits into memory at all; else raises OutOfMemory."""
    try:
        return build()
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            raise _too_large() from error
        raise


def shrunk(run: Run, setup: Setup) -> Setup:
    """The setup as it became where memory ran out on one of several devices, which all began again then. What one
    process alone found out stands in its checkpoints."""
    if setup.team.size == 1:
        return setup
    known = [event.token_budget for event in events.read(run.log) if isinstance(event, events.Shrunk)]
    return replace(setup, token_budget=min((setup.token_budget, *known[-1:])))


def retried(run: Run, setup: Setup, attempt: Callable[[Setup], T]) -> T:
    """`attempt(setup)`, again with half the token budget each time memory runs out. One of several processes cannot do
    that alone: the others wait for it in the middle of a step. So it ends, and whoever started them begins again."""
    while True:
        try:
            return attempt(setup)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                refuse_lost(error)
                raise
            if setup.token_budget <= setup.fewest:
                raise _too_large(setup.fewest) from error
            setup = replace(setup, token_budget=max(setup.fewest, setup.token_budget // 2))
            events.append(run.log, events.Shrunk(setup.token_budget))
            if setup.team.size > 1:
                raise OutOfMemory("Memory ran out on one of the devices.") from error
        if setup.device.type == "cuda":
            torch.cuda.empty_cache()


def _too_large(fewest: int = 1) -> OutOfMemory:
    if fewest > 1:
        return OutOfMemory(
            f"Not even {fewest} images at a time fit into memory, and batch_norm=tuned needs more than one.",
            next="Choose a smaller model, a smaller image_size, or batch_norm=frozen.",
        )
    return OutOfMemory(
        "Not even one example at a time fits into memory.",
        next="Choose a smaller model, a smaller max_length or image_size, or LoRA instead of full.",
    )
