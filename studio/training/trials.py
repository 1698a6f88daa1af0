"""Trying a few learning rates on a fifth of the budget, and going on with the best: what the preset Best does first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from studio.errors import NotFinite
from studio.training import checkpoint, loop, optimizers
from studio.training.checkpoint import Progress
from studio.training.loop import Outside
from studio.training.setup import Setup

SHARE = 0.2  # of the run's steps, for all trials together
SPREAD = 2.5  # between neighbouring rates


def with_rate(setup: Setup, factor: float) -> Setup:
    """The same setup with both learning rates multiplied."""
    params = setup.plan.training
    rates = {
        "learning_rate": (params.learning_rate or 0.0) * factor,
        "head_learning_rate": (params.head_learning_rate or 0.0) * factor,
    }
    return replace(setup, plan=replace(setup.plan, training=params.model_copy(update=rates)))


def best_factor(setup: Setup, outside: Outside) -> float:
    """The factor of the learning rates whose short run ends with the best validation metric.

    Each trial is a whole small run: warm-up, full schedule, one evaluation. The model is left as it was found.
    """
    count = setup.plan.training.rate_trials
    if count < 2:
        return 1.0
    steps = max(1, int(setup.total_steps * SHARE / count))
    quiet = replace(outside, recorder=None, checkpoints=None)
    begin = {name: tensor.clone() for name, tensor in checkpoint.trained_state(setup.model).items()}
    values: dict[float, float | None] = {}
    for place in range(count):
        factor = SPREAD ** (place - count // 2)
        trial = _short(with_rate(setup, factor), steps)
        optimizer = optimizers.build(trial)
        try:
            # No look before the first step: it would cost every trial the same, and of its minutes.
            tried = loop.train(trial, quiet, Progress(best_value=0.0), optimizer).progress
            values[factor] = tried.value if tried.step else None
        except NotFinite:
            values[factor] = -math.inf
        finally:
            setup.model.load_state_dict(begin, strict=False)
    return _chosen(values)


def _chosen(values: Mapping[float, float | None]) -> float:
    """The factor with the highest value: of equals the one next to what was asked for, the smallest where all diverged,
    and what was asked for where one took no step (None)."""
    if None in values.values():
        return 1.0
    known = {factor: value for factor, value in values.items() if value is not None and value > -math.inf}
    return max(known, key=lambda factor: (known[factor], -abs(math.log(factor))), default=min(values))


def _short(setup: Setup, steps: int) -> Setup:
    minutes = setup.plan.training.max_minutes
    changes = {
        "max_steps": steps,
        "max_minutes": minutes and minutes * SHARE / setup.plan.training.rate_trials,
        "evaluations": 1,
        "early_stopping": 0,
    }
    return replace(setup, plan=replace(setup.plan, training=setup.plan.training.model_copy(update=changes)))
