"""What the form of the panel Train holds, as data: read from what a browser sent, and what the core makes of it.

Nothing is believed: texts become texts, and the core looks up or refuses every name and value. Knows no component but
the form of options.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from studio.api import Studio, Wish
from studio.errors import StudioError
from studio.ui import form
from studio.ui.bar import AT_WORK, WAITING
from studio.ui.form import Form
from studio.ui.shared import as_json
from studio.ui.words import Say

Data = dict[str, Any]

RUN, OTHER = "#run", "#other"  # cards beside the menu's models; no model's name begins like this
FINISHED = "finished"
_LONGEST = 2_000  # characters of a text that are looked at


@dataclass(frozen=True)
class Asked:
    """The form. `seen` is what it held when it was last answered (see `mark`), `ticket` what makes one press one run,
    `source` the model's card, `from_run` and `other` the model where it is none of the menu, `entered` the fields of
    options."""

    dataset: str
    seen: str
    ticket: str
    source: str
    from_run: str
    other: str
    method: str
    preset: str
    name: str
    entered: tuple[Any, ...]

    @property
    def model(self) -> str:
        """The name that the starting weights are asked for by; "" where none is chosen yet."""
        return {RUN: self.from_run, OTHER: self.other}.get(self.source, self.source)


CHOICES = ("dataset", "source", "from_run", "other", "method", "preset")  # what is chosen, and not entered
HEAD = len(fields(Asked)) - 1  # parts of the form before the fields of options
KEPT_FROM = [item.name for item in fields(Asked)].index("source")  # the first of those that people fill in


def read(values: Sequence[Any]) -> Asked:
    """The form from its raw values in the order of `Asked`."""
    head = [value.strip()[:_LONGEST] if isinstance(value, str) else "" for value in values[:HEAD]]
    dataset, seen, ticket, source, from_run, other, method, preset, name = head
    entered = tuple(values[HEAD:])
    return Asked(dataset, seen, ticket, source, from_run, other, method, preset, name, entered)


def mark(asked: Asked, runs: int) -> str:
    """What the form holds, to be compared with what it holds next; `runs` is how many runs can be gone on from."""
    return as_json([getattr(asked, name) for name in CHOICES] + [str(runs)])


def marked(seen: str) -> dict[str, str]:
    """The choices in a mark by name, and `runs`; empty for anything else."""
    try:
        held = json.loads(seen)
    except (ValueError, RecursionError):
        return {}
    names = (*CHOICES, "runs")
    if not isinstance(held, list) or len(held) != len(names) or not all(isinstance(item, str) for item in held):
        return {}
    return dict(zip(names, held, strict=True))


@dataclass(frozen=True)
class Situation:
    """The form, and what the core says of it: the task, the options that fit, their starting values, and the wish.

    `missing` says what keeps it from being started. Unless `known`, there is no such model, and nothing can be told of
    a run.
    """

    asked: Asked
    record: Data
    fitting: frozenset[int]
    starting: Data
    wish: Wish
    missing: tuple[str, ...]

    @property
    def known(self) -> bool:
        return bool(self.starting)


def situation(studio: Studio, say: Say, inputs: Form, asked: Asked) -> Situation:
    """Raises UnknownName for a dataset, method or preset that does not exist."""
    record = studio.dataset(asked.dataset)
    fitting = form.fitting(inputs, studio.choices.options(record["task"], asked.method))
    starting: Data = {}
    missing = _unsaid(asked, say)
    if not missing:
        starting, missing = _starting(studio, asked)
    wish = Wish(None, asked.method, asked.preset, form.changes(inputs, fitting, asked.entered, starting))
    if starting:
        missing = tuple(studio.choices.problems(asked.dataset, asked.model, wish))
    return Situation(asked, record, fitting, starting, wish, missing)


def _unsaid(asked: Asked, say: Say) -> tuple[str, ...]:
    if asked.model:
        return ()
    return (say("train.missing.run") if asked.source == RUN else say("train.missing.other"),)


def _starting(studio: Studio, asked: Asked) -> tuple[Data, tuple[str, ...]]:
    try:
        return studio.choices.starting_values(asked.dataset, asked.model, Wish(None, asked.method, asked.preset)), ()
    except StudioError as error:
        return {}, (str(error),)


def with_method(studio: Studio, inputs: Form, found: Situation, method: str) -> Wish:
    """The wish with another method: what was entered for it, and a preset that goes with it."""
    preset = agreeing_preset(studio, found.asked.preset, method)
    if method == found.asked.method and preset == found.asked.preset:
        return found.wish
    fitting = form.fitting(inputs, studio.choices.options(found.record["task"], method))
    plain = Wish(None, method, preset)
    starting = studio.choices.starting_values(found.asked.dataset, found.asked.model, plain)
    return replace(plain, changes=form.changes(inputs, fitting, found.asked.entered, starting))


def agreeing_preset(studio: Studio, preset: str, method: str) -> str:
    """The preset, or where it brings another method, the first that leaves the method free."""
    presets = {str(item["name"]): item["method"] for item in studio.choices.presets()}
    if presets.get(preset) in (None, method):
        return preset
    return next(name for name, brought in presets.items() if brought is None)


def forecast_of(studio: Studio, found: Situation, wish: Wish) -> Data | None:
    """The measured cost of a run, if it was measured before."""
    if not found.known:
        return None
    try:
        return studio.choices.known_forecast(found.asked.dataset, found.asked.model, wish)
    except StudioError:
        return None  # not possible as asked: the line beside Start says why


def costs(studio: Studio, inputs: Form, found: Situation) -> Mapping[str, Data | None]:
    """The known forecast of the run with each method."""
    return {str(method["name"]): _cost(studio, inputs, found, str(method["name"])) for method in studio.methods()}


def _cost(studio: Studio, inputs: Form, found: Situation, method: str) -> Data | None:
    try:
        return forecast_of(studio, found, with_method(studio, inputs, found, method)) if found.known else None
    except StudioError:
        return None


def ahead(studio: Studio) -> int:
    """Runs that are at work or wait, and so come before a new one."""
    return sum(run["status"] in (*AT_WORK, WAITING) for run in studio.runs())


def training(studio: Studio) -> bool:
    """Whether a run is at work now."""
    return any(run["status"] in AT_WORK for run in studio.runs())


def finished_runs(studio: Studio, task: str) -> list[Data]:
    """The finished runs whose models read what the task's do, and can be trained further."""
    modality = {item["name"]: item["modality"] for item in studio.tasks()}
    ends = {item["name"] for item in studio.methods() if not item["continues"]}
    return [
        run
        for run in studio.runs()
        if run["status"] == FINISHED and modality.get(run["task"]) == modality[task] and run["method"] not in ends
    ]
