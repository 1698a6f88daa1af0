"""What there is to choose from, as cards of a form: models, methods, presets, and the options that fit.

Each card says what speaks against it here, in words. Knows no page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from studio import drafts, models
from studio.contracts import Family, Modality, SourceKind, Task
from studio.data import overview, store, vocabulary
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.models import Choice, Resolved
from studio.options import describe
from studio.presets import PRESETS
from studio.settings import Settings
from studio.spec import TrainingParams
from studio.tasks import TASKS

Data = dict[str, Any]

MOST_UNKNOWN = 0.1  # share of tokens beyond which a model cannot be said to read the texts
_READ = 300  # texts that are shown to each tokenizer
_LETTERS = 2_000  # of each
_FIELDS = ("label", "size_mb", "parameters", "license", "languages", "advice", "trained")


def models_for(settings: Settings, task: str, dataset: str | None) -> list[Data]:
    """The menu's models for a task, the one to begin with first. With a dataset, `unknown_share` is the share in [0, 1]
    of its words that a model does not know (None where its tokenizer is not on this machine), and `warning` says so
    where it is too large."""
    chosen = TASKS[task]
    texts = _texts(settings, dataset, chosen) if dataset else []
    cards = [
        _card(choice, chosen, _unknown_share(choice, texts, settings))
        for choice in models.menu(settings.runs)
        if FAMILIES[choice.family_name].modality is chosen.modality
    ]
    first = _first(cards, drafts.default_model(task))
    return sorted((card | {"default": card["name"] == first} for card in cards), key=lambda card: not card["default"])


def _card(choice: Choice, task: Task, unknown: float | None) -> Data:
    checkpoint = choice.checkpoint
    known = unknown is None or unknown <= MOST_UNKNOWN
    return {
        "name": checkpoint.id,
        "family": choice.family_name,
        **{name: getattr(checkpoint, name) for name in _FIELDS},
        "offline": choice.offline,
        "note": choice.note,
        "obstacle": _obstacle(choice, task),
        "unknown_share": unknown,
        "warning": "" if known else f"It does not know {unknown:.0%} of the words and characters in these texts.",
    }


def _obstacle(choice: Choice, task: Task) -> str:
    family = FAMILIES[choice.family_name]
    if task.head not in family.heads:
        return f"{family.label} cannot be used for {task.label.lower()}."
    return unreachable(choice)


def unreachable(choice: Choice) -> str:
    """Why a model of the menu cannot be had, or an empty text."""
    kind = choice.checkpoint.source.kind
    off = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
    if choice.offline or not (off and kind is SourceKind.HUB):
        return ""
    return f"{choice.checkpoint.label} is not on this machine, and downloads are switched off (HF_HUB_OFFLINE)."


def _first(cards: Sequence[Data], usual: str) -> str:
    """The model to begin with: the usual one, unless it cannot read the texts and another on this machine can."""
    able = [card["name"] for card in cards if card["offline"] and not card["warning"] and not card["obstacle"]]
    return usual if usual in able or not able else str(able[0])


def _texts(settings: Settings, dataset: str, task: Task) -> list[str]:
    """Some training texts of a dataset; none of images, or where it was read for something else."""
    record = store.find(settings.datasets, dataset)
    if task.modality is not Modality.TEXT or record.task != task.name:
        return []
    texts = overview.sample(settings.datasets / record.id, task, _READ)
    return [(text if isinstance(text, str) else " ".join(text))[:_LETTERS] for text in texts]


def _unknown_share(choice: Choice, texts: Sequence[str], settings: Settings) -> float | None:
    resolved = Resolved(choice.family_name, choice.checkpoint)
    tokenizer = models.tokenizer_file(resolved, settings.runs) if texts and choice.offline else None
    return round(vocabulary.unknown_share(texts, tokenizer), 4) if tokenizer else None


def methods_for(task: Task, family: Family) -> list[Data]:
    """Every method with the `share` in [0, 1] of the weights that it trains, and its `obstacle` here."""
    return [
        {
            "name": method.name,
            "label": method.label,
            "summary": method.summary,
            "share": method.trained_share,
            "obstacle": method.obstacle(task, family) or "",
        }
        for method in METHODS.values()
    ]


def presets() -> list[Data]:
    """The presets; `method` is the one that a preset brings, or None where the choice of the method is free."""
    return [{"name": p.name, "label": p.label, "summary": p.summary, "method": p.method} for p in PRESETS.values()]


def options_for(task: str, method: str, gpus: int) -> list[Data]:
    """Every option that has an effect with this task and method, where a run may take that many GPUs: its declaration,
    and its name as words."""
    chosen, how = TASKS[task], METHODS[method]
    declared = (
        *describe(TrainingParams),
        *describe(how.options, "method"),
        *describe(chosen.options, "task"),
    )
    return [
        asdict(option) | {"label": option.name.replace("_", " ").capitalize(), "choices": list(option.choices)}
        for option in declared
        if option.only in ("", chosen.modality.value)
        and option.name not in (*how.ignores, *chosen.ignores)
        and (gpus > 1 or not option.several_gpus)
    ]


def roles(task: str) -> list[Data]:
    """The columns that a task needs: the role (also the import option that names it), in words, and its kind."""
    return [{"role": c.name, "label": c.label, "kind": c.kind.value} for c in TASKS[task].columns]
