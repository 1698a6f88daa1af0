"""A run on paper: the dataset, the starting weights and the spec that belong to what a person asked for.

Starts nothing and knows nothing of forms: `plan` decides what is possible, this finds what it decides about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio import models, plan
from studio.contracts import SourceKind
from studio.data import store
from studio.data.store import DatasetRecord
from studio.errors import LimitError
from studio.families import FAMILIES
from studio.models import Resolved
from studio.plan import Wish
from studio.runs import store as runs
from studio.settings import Settings
from studio.spec import RunSpec
from studio.tasks import TASKS

_MODELS = {"text": "minilm-l6", "image": "starter-resnet"}  # they work on every machine, without a network


@dataclass(frozen=True)
class Draft:
    """The spec of a run that has not been started, with what it was made from; `folder` is the dataset's."""

    spec: RunSpec
    record: DatasetRecord
    resolved: Resolved
    folder: Path


def draw_up(settings: Settings, dataset: str, model: str | None, wish: Wish) -> Draft:
    """The run that would be started.

    Raises UnknownName (dataset, model, or a name in the wish), PlanError and InvalidOption with every problem of the
    wish, and what `models.resolve` raises.
    """
    record = store.find(settings.datasets, dataset)
    resolved = models.resolve(model or default_model(wish.task or record.task), settings.runs, settings.mode)
    family = FAMILIES[resolved.family_name]
    spec = _within(settings, plan.draw_up(wish, record, family, resolved.checkpoint, settings.device))
    return Draft(spec, record, resolved, settings.datasets / record.id)


def check_there(settings: Settings, draft: Draft) -> None:
    """Raise UnknownName where the dataset, or the run that the weights come from, was deleted since it was drawn up."""
    store.find(settings.datasets, draft.record.id)
    if draft.spec.source.kind is SourceKind.RUN:
        runs.find(settings.runs, draft.spec.source.location)


def _within(settings: Settings, spec: RunSpec) -> RunSpec:
    """The spec with the longest time that a run may train here. Raises LimitError where more is asked for."""
    most, asked = settings.limits.run_minutes, spec.training.max_minutes
    if not most:
        return spec
    if asked is not None and asked > most:
        raise LimitError(
            f"A run may train for {most:,} minutes here, and {asked:,.0f} are asked for.",
            next="Set max_minutes lower, or raise STUDIO_LIMITS_RUN_MINUTES.",
        )
    training = spec.training.model_copy(update={"max_minutes": asked or float(most)})
    return spec.model_copy(update={"training": training})


def default_model(task: str) -> str:
    """The starting weights of a run for which nobody has chosen any."""
    return _MODELS[TASKS[task].modality.value]
