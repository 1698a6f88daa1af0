"""What can be done about a finding: one change of the settings for another run, said in words.

Each remedy is computed from the settings of the run it is for, and is None where it would change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.contracts import Modality
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.runs.case import Case
from studio.tuning import Method, Saved

PATIENCE = 3
LONGEST = 512  # tokens that the usual networks read
MOST_EPOCHS = 1000
HIGHEST_RATE = 10.0
_RATES = ("learning_rate", "head_learning_rate")


@dataclass(frozen=True)
class Fix:
    """`changes` are options of another run like this one; `method` replaces its method, unless None."""

    code: str
    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None


RESUME = Fix("resume", "Resume the run from its last checkpoint")


def slower(case: Case) -> Fix | None:
    return _rates(case, 1 / 3, "a third of the learning rate", "lower_rate")


def faster(case: Case) -> Fix | None:
    return _rates(case, 3, "three times the learning rate", "higher_rate")


def _rates(case: Case, factor: float, words: str, code: str) -> Fix | None:
    """All rates that the method uses, so that they keep their proportion; from where the tried rates ended."""
    factor *= float(case.facts.get("rate_factor") or 1)
    given = case.training.model_dump()
    old = {name: given[name] for name in _RATES if given[name] and name not in case.method.ignores}
    new: dict[str, Any] = {name: min(HIGHEST_RATE, float(f"{value * factor:.2g}")) for name, value in old.items()}
    tried = {"rate_trials": 0} if case.training.rate_trials else {}
    if not new or (new == old and not tried):
        return None
    return Fix(code, f"Train again with {words} ({next(iter(new.values())):g})", new | tried)


def early(case: Case) -> Fix | None:
    """Stop when it no longer gets better; where that is on already, plan no more passes than were of use.

    Where the start was the best, its fitted head was spoiled from the first steps on: smaller ones may keep it.
    """
    if case.best is not None and case.best[0] == 0:
        return slower(case)
    if case.training.early_stopping == 0:
        label = f"Train again and stop after {PATIENCE} evaluations without gain"
        return Fix("early_stopping", label, {"early_stopping": PATIENCE})
    epochs, best = case.training.epochs, case.best
    if not epochs or best is None or not case.total_steps or case.training.max_steps:
        return None
    useful = max(1, math.ceil(epochs * best[0] / case.total_steps))
    if useful >= epochs:
        return None
    passes = "1 pass" if useful == 1 else f"{useful} passes"
    return Fix("fewer_epochs", f"Train again with {passes} over the data instead of {epochs}", {"epochs": useful})


def longer(case: Case) -> Fix | None:
    given = case.training
    if given.max_steps:
        changes: dict[str, Any] = {"max_steps": 2 * given.max_steps}
        words = f"{2 * given.max_steps:,} steps instead of {given.max_steps:,}"
    elif given.finish_by:
        changes, words = {"finish_by": None}, "no time of day to be over by"
    elif given.max_minutes:
        changes, words = {"max_minutes": 2 * given.max_minutes}, f"{2 * given.max_minutes:g} minutes"
    elif given.epochs and given.epochs < MOST_EPOCHS:
        epochs = min(MOST_EPOCHS, 2 * given.epochs)
        changes, words = {"epochs": epochs}, f"{epochs} passes over the data instead of {given.epochs}"
    else:
        return None
    return Fix("longer", f"Train again with {words}", changes)


def balanced(case: Case) -> Fix | None:
    without = (*case.method.ignores, *case.task.ignores)
    if case.training.class_weights == "balanced" or "class_weights" in without:
        return None
    label = "Train again with balanced class weights, so that rare classes count as much as common ones"
    return Fix("balanced_classes", label, {"class_weights": "balanced"})


def read_more(case: Case) -> Fix | None:
    length = int(case.facts.get("max_length") or 0)
    if case.task.modality is not Modality.TEXT or not 0 < length < LONGEST:
        return None
    new = min(LONGEST, 2 * length)
    return Fix(
        "longer_texts", f"Train again and read {new} tokens of each text instead of {length}", {"max_length": new}
    )


def smaller(case: Case) -> Fix | None:
    """Less memory: an adapter instead of the whole network, or shorter texts, or smaller images."""
    adapter = next(
        (method for method in METHODS.values() if method.saved is Saved.ADAPTER and _fits(case, method)), None
    )
    if case.method.trains_network and adapter is not None:
        label = f"Train again with {adapter.label}, which needs less memory"
        return Fix("less_memory", label, method=adapter.name)
    match case.task.modality:
        case Modality.TEXT:
            length = int(case.facts.get("max_length") or case.training.max_length or LONGEST)
            new = max(4, length // 2)
            return Fix("less_memory", f"Train again and read {new} tokens of each text", {"max_length": new})
        case Modality.IMAGE:
            side = max(8, int(case.training.image_size or 224) // 2)
            return Fix("less_memory", f"Train again with images of {side} pixels", {"image_size": side})


def lightest() -> Method:
    """The method that trains the smallest part of a network, and anything at all."""
    return min((method for method in METHODS.values() if method.trains), key=lambda method: method.trained_share)


def head_only(case: Case) -> Fix | None:
    light = lightest()
    if case.method.name == light.name or not _fits(case, light):
        return None
    return Fix("head_only", f"Train again with {light.label}", method=light.name)


def _fits(case: Case, method: Method) -> bool:
    return method.obstacle(case.task, FAMILIES[case.spec.family]) is None
