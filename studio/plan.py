"""The one place where a task, a family and a method meet.

`draw_up` turns what a person asked for into a complete spec, or into one error that names every problem at once.
`unfold` turns a spec back into the objects it names, in the worker.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from studio import gpus
from studio.catalog import unknown
from studio.contracts import Checkpoint, Family, Modality, Options, Task
from studio.data.store import DatasetRecord
from studio.errors import InvalidOption, PlanError, StudioError
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import UNSET, allowed, describe
from studio.presets import DEFAULT, PRESETS, Preset
from studio.spec import RunSpec, TrainingParams
from studio.tasks import TASKS
from studio.tuning import Method, nameless

DEFAULT_METHOD = "full"
FEW_ROWS = 2000  # below this, more passes are needed (and cheap)
MANY_CLASSES = 10  # above this, images get label smoothing


@dataclass(frozen=True)
class Wish:
    """What a person asked for. `changes` are option values as text or as data; None means "choose for me"."""

    task: str | None = None
    method: str | None = None
    preset: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A spec resolved to real objects."""

    spec: RunSpec
    task: Task
    family: Family
    method: Method
    task_options: Options
    method_options: Options
    training: TrainingParams


def draw_up(wish: Wish, dataset: DatasetRecord, family: Family, checkpoint: Checkpoint, device: str) -> RunSpec:
    """The complete spec of a run. Raises UnknownName, or PlanError with every problem found."""
    preset = PRESETS[wish.preset or DEFAULT]
    task = TASKS[wish.task or dataset.task]
    method = METHODS[wish.method or preset.method or DEFAULT_METHOD]
    problems = mismatches(task, family, checkpoint, method, dataset)
    sorted_changes, wrong_names = _sort_changes(wish.changes, task, method)
    problems += wrong_names + _without_effect(sorted_changes["training"], task, method)
    task_options = _checked(task.options, sorted_changes["task"], problems)
    method_options = _checked(method.options, sorted_changes["method"], problems)
    training = _checked(TrainingParams, dict(preset.training) | sorted_changes["training"], problems)
    problems += _obstacles(training, device)
    problems += _of_names(training, task, method)
    problems += _of_normalisation(training, task, method, dataset.splits.get("train", 0))
    if problems:
        raise _combined(problems)
    return RunSpec(
        task=task.name,
        family=family.name,
        model=checkpoint.id,
        source=checkpoint.source,
        terms=checkpoint.terms,
        method=method.name,
        preset=preset.name,
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        labels=dataset.label_names,
        scale=dataset.scale,
        stored_side=dataset.image_size,
        device=device,
        task_options=task_options.model_dump(),
        method_options=method_options.model_dump(),
        training=completed(training, task, checkpoint, method, preset, dataset),
    )


def unfold(spec: RunSpec) -> Plan:
    """The objects that a spec names."""
    task, method = TASKS[spec.task], METHODS[spec.method]
    options = task.options.model_validate(spec.task_options)
    return Plan(
        spec=spec,
        task=(task.fit(task, options) if task.fit else task).scaled(spec.scale),
        family=FAMILIES[spec.family],
        method=method,
        task_options=options,
        method_options=method.options.model_validate(spec.method_options),
        training=spec.training,
    )


def mismatches(task: Task, family: Family, checkpoint: Checkpoint, method: Method, dataset: DatasetRecord) -> list[str]:
    """Why these choices do not go together, each in a sentence."""
    problems = []
    if task.name != dataset.task:
        problems.append(
            f"The dataset '{dataset.name}' was read for {TASKS[dataset.task].label.lower()}, not for"
            f" {task.label.lower()}: import the file again with --task {task.name}."
        )
    if task.modality is not family.modality:
        problems.append(
            f"{checkpoint.label} reads {family.modality.value}s, but {task.label.lower()} needs a network for"
            f" {task.modality.value}s: {', '.join(_fitting(task))}."
        )
    elif task.head not in family.heads:
        problems.append(f"{family.label} cannot be used for {task.label.lower()}.")
    obstacle = method.obstacle(task, family)
    if obstacle:
        problems.append(obstacle)
    return problems


def _fitting(task: Task) -> list[str]:
    return [c.id for family in FAMILIES.values() if family.modality is task.modality for c in family.checkpoints]


def completed(
    training: TrainingParams, task: Task, checkpoint: Checkpoint, method: Method, preset: Preset, dataset: DatasetRecord
) -> TrainingParams:
    """The options with every value filled in that can be known before the data are encoded."""
    modality = task.modality
    scale = 1.0 if "learning_rate" in method.ignores else checkpoint.rate_scale
    few = 5 / 3 if dataset.splits.get("train", 0) < FEW_ROWS else 1.0
    smoothed = modality is Modality.IMAGE and "label_smoothing" not in task.ignores
    chosen: dict[str, Any] = {
        "epochs": math.ceil(method.epochs[modality] * few) * preset.epochs_factor,
        "learning_rate": method.learning_rate[modality] * scale,
        "head_learning_rate": method.head_learning_rate[modality],
        "weight_decay": method.weight_decay[modality],
        "schedule": _SCHEDULES[modality],
        "label_smoothing": 0.1 if smoothed and len(dataset.labels) > MANY_CLASSES else 0.0,
        "image_size": dataset.image_size and max(dataset.image_size, checkpoint.side),
        "warm_head": method.trains and "warm_head" not in task.ignores,
    }
    given = training.model_dump()
    filled = {name: value for name, value in chosen.items() if given[name] is None}
    if not method.trains:
        filled["label_names"] = True
    if "evaluations" not in training.model_fields_set:
        filled["evaluations"] = training.evaluations * preset.evaluations_factor
    return TrainingParams.model_validate(given | filled)


_SCHEDULES = {Modality.TEXT: "linear", Modality.IMAGE: "cosine"}


def _sort_changes(
    changes: Mapping[str, Any], task: Task, method: Method
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Each change to the declaration that has an option of that name; names that none has, as problems."""
    declared: dict[str, type[BaseModel]] = {"training": TrainingParams, "method": method.options, "task": task.options}
    sorted_changes: dict[str, dict[str, Any]] = {place: {} for place in declared}
    problems = []
    for name, value in changes.items():
        place = next((p for p, declaration in declared.items() if name in declaration.model_fields), None)
        if place is None:
            names = tuple(n for declaration in declared.values() for n in declaration.model_fields)
            problems.append(str(unknown("option", name, names)))
        else:
            sorted_changes[place][name] = value
    return sorted_changes, problems


def _without_effect(changes: Mapping[str, Any], task: Task, method: Method) -> list[str]:
    """Training options that were asked for and would do nothing here."""
    options = {option.name: option for option in describe(TrainingParams)}
    wrong_kind = [name for name in changes if options[name].only not in ("", task.modality.value)]
    wrong = [f"{name} is for {options[name].only}s, and {task.label.lower()} reads none." for name in wrong_kind]
    no_method = [f"{name} has no effect with the method {method.name}." for name in changes if name in method.ignores]
    no_task = [f"{name} has no effect with the task {task.name}." for name in changes if name in task.ignores]
    return wrong + no_method + no_task


def _checked(declaration: type[BaseModel], values: dict[str, Any], problems: list[str]) -> Any:
    """The declaration filled with `values`, texts turned into numbers; what does not fit is added to `problems`."""
    options = {option.name: option for option in describe(declaration)}
    plain = {
        name: None if options[name].optional and isinstance(value, str) and value.lower() in UNSET else value
        for name, value in values.items()
    }
    try:
        return declaration.model_validate(plain)
    except ValidationError as error:
        for name in dict.fromkeys(str(detail["loc"][0]) for detail in error.errors()):
            problems.append(f"{name} cannot be {values.get(name)!r}: it takes {allowed(options[name])}.")
        return declaration()


def _of_names(training: TrainingParams, task: Task, method: Method) -> list[str]:
    """What keeps the names of the labels from being read, or the text for them from being used."""
    if training.label_names:
        return [problem for problem in [nameless(task)] if problem]
    unused = method.trains and training.label_template != TrainingParams().label_template
    return ["label_template has no effect without label_names=true."] if unused else []


def _of_normalisation(training: TrainingParams, task: Task, method: Method, rows: int) -> list[str]:
    """Why batch normalisation cannot be tuned: statistics of one image are none."""
    if task.modality is not Modality.IMAGE:
        return []
    alone = training.batch_norm == "tuned" and not method.reads_features and 1 in (training.batch_size, rows)
    if not alone:
        return []
    if "batch_norm" in method.ignores:
        return ["This method tunes batch normalisation with two images a step or more: choose a larger batch_size."]
    return ["batch_norm=tuned needs two images in every step: choose a larger batch_size or another batch_norm."]


def _obstacles(training: TrainingParams, device: str) -> list[str]:
    """Why the devices that were asked for cannot train together."""
    count, size = training.devices, training.batch_size
    few = f"batch_size={size} is too small for devices={count}: each needs two examples of every step or more."
    return [problem for problem in (gpus.obstacle(device, count), few if size < 2 * count > 2 else "") if problem]


def _combined(problems: list[str]) -> StudioError:
    if len(problems) == 1 and " cannot be " in problems[0]:
        return InvalidOption(problems[0])
    return PlanError("This run is not possible as asked.", why=" ".join(problems))
