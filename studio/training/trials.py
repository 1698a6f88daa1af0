"""Trying a few learning rates on a fifth of the budget, and going on with the best: what the preset Best does first."""

from __future__ import annotations

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
    values: dict[float, float] = {}
    for place in range(count):
        factor = SPREAD ** (place - count // 2)
        trial = _short(with_rate(setup, factor), steps)
        optimizer = optimizers.build(trial)
        try:
            values[factor] = loop.train(trial, quiet, Progress(), optimizer).progress.value
        except NotFinite:
            values[factor] = float("-inf")
        finally:
            setup.model.load_state_dict(begin, strict=False)
    return max(values, key=lambda factor: values[factor])


def _short(setup: Setup, steps: int) -> Setup:
    minutes = setup.plan.training.max_minutes
    changes = {
        "max_steps": steps,
        "max_minutes": minutes and minutes * SHARE / setup.plan.training.rate_trials,
        "evaluations": 1,
        "early_stopping": 0,
    }
    return replace(setup, plan=replace(setup.plan, training=setup.plan.training.model_copy(update=changes)))
