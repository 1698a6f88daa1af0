"""A run's settings in the forms people use again: the values of a form, a command line, a wish for the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio import drafts, models, plan
from studio.contracts import SourceKind
from studio.data import store
from studio.errors import StudioError
from studio.methods import METHODS
from studio.models import Resolved
from studio.options import UNSET
from studio.plan import Wish
from studio.presets import DEFAULT, PRESETS
from studio.settings import Settings
from studio.spec import RunSpec
from studio.tasks import TASKS

Data = dict[str, Any]

PROGRAM = ("python", "-m", "studio")
_USUAL_WORKSPACE = "~/.studio"
_ANY_DEVICE = "auto"


def values(spec: RunSpec) -> Data:
    """Every option of a run with its value; None is "chosen while the data are read"."""
    return spec.training.model_dump() | spec.method_options | spec.task_options


def command(settings: Settings, dataset: str, model: str | None, wish: Wish, name: str) -> str:
    """The line that starts the same run from a POSIX shell in the studio's folder.

    Raises UnknownName for a dataset, task, method or preset that does not exist.
    """
    record = store.find(settings.datasets, dataset)
    preset = PRESETS[wish.preset or DEFAULT]
    method = METHODS[wish.method or preset.method or plan.DEFAULT_METHOD]
    words = [*PROGRAM]
    if settings.workspace != Path(_USUAL_WORKSPACE).expanduser().absolute():
        words += ["--workspace", str(settings.workspace)]
    words += ["train", record.id]
    if wish.task:
        words += _flag("--task", wish.task)
    words += _flag("--model", model or drafts.default_model(wish.task or record.task))
    words += ["--method", method.name, "--preset", preset.name]
    for option, value in wish.changes.items():
        words += _flag("--set", f"{option}={_as_text(value)}")
    words += _flag("--name", name) if name else []
    device = "" if settings.device == _ANY_DEVICE else f"STUDIO_DEVICE={shlex.quote(settings.device)} "
    return device + shlex.join(words)


def _flag(name: str, value: str) -> list[str]:
    """An argument's name and value, in one word where the value looks like a name itself."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _as_text(value: object) -> str:
    """An option's value as `--set` reads it."""
    match value:
        case None:
            return UNSET[1]
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def wish_of(settings: Settings, spec: RunSpec) -> Data:
    """What to ask for to get a run of this spec again; `changes` holds only what differs from the starting values.

    Raises UnknownName where its dataset or its starting weights are gone.
    """
    model = _reference(settings, spec)
    asked = Wish(spec.task, spec.method, spec.preset)
    usual = values(drafts.draw_up(settings, spec.dataset, model, asked).spec)
    ignored = (*METHODS[spec.method].ignores, *TASKS[spec.task].ignores)
    changes: Mapping[str, Any] = {
        option: value for option, value in values(spec).items() if value != usual.get(option) and option not in ignored
    }
    return {
        "dataset": spec.dataset,
        "model": model,
        "task": spec.task,
        "method": spec.method,
        "preset": spec.preset,
        "changes": changes,
    }


def _reference(settings: Settings, spec: RunSpec) -> str:
    """A name under which the starting weights of a spec are found now: the one it was asked for by, if it still means
    the same weights."""
    if _resolves_to(settings, spec.model, spec):
        return spec.model
    return spec.source.location if spec.source.kind in (SourceKind.RUN, SourceKind.FOLDER) else spec.model


def _resolves_to(settings: Settings, reference: str, spec: RunSpec) -> bool:
    try:
        found: Resolved = models.resolve(reference, settings.runs, settings.mode)
    except StudioError:
        return False
    return found.checkpoint.source == spec.source
