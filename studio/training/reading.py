"""How many tokens are read of each text: of those that are trained on, and of those that the model is asked about.

Training reads short texts short, which is fast. Who asks may ask about longer ones, and there the end may decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from studio.arrays import Encoded, EncodeLimits, Integers
from studio.contracts import ColumnKind, Loaded, Modality, Task
from studio.cutting import by_characters
from studio.lengths import MOST_TOKENS, UNLIMITED, longest_asked, longest_text, usable_tokens
from studio.plan import Plan

SAMPLED = 5000  # rows whose length is looked at


def limits(plan: Plan, loaded: Loaded, train: Any) -> tuple[EncodeLimits, EncodeLimits]:
    """Of texts that are trained on, and of others: what the user set, for both; else what the lengths of the training
    rows ask for, and what the network takes."""
    size, classes = plan.training.image_size or 224, len(plan.spec.labels)
    wanted, answer = plan.training.max_length, plan.task.answer
    if plan.task.modality is Modality.IMAGE:
        return (EncodeLimits(0, size, classes),) * 2
    positions = getattr(loaded.model.config, "max_position_embeddings", None)
    most = usable_tokens(int(loaded.processor.model_max_length), positions, plan.spec.source.kind)
    most = max(1, most - plan.method.takes(plan.method_options))
    if wanted is not None:
        return (EncodeLimits(min(wanted, most), size, classes),) * 2
    sample = {name: column[:SAMPLED] for name, column in train.items()}
    found = plan.task.encode(sample, loaded.processor, EncodeLimits(min(MOST_TOKENS, most), size, classes)).lengths
    longest = longest_text(found, answer, most)
    return EncodeLimits(longest, size, classes), EncodeLimits(longest_asked(longest, answer, most), size, classes)


def encoded(
    task: Task, rows: Mapping[str, Any], processor: Any, limits: EncodeLimits, asked: EncodeLimits
) -> dict[str, Encoded]:
    """The rows of each split as numbers: held-out ones are read as those that are asked about, so that what is measured
    is what will be answered."""
    train = replace(task.encode(rows["train"], processor, limits), drawn=not task.labelled)
    others = {name: task.encode(columns, processor, asked) for name, columns in rows.items() if name != "train"}
    return {"train": train} | others


def characters(task: Task, rows: Mapping[str, Any]) -> bool:
    """Whether the words of the training rows are single characters, as will be those of texts that are asked about."""
    names = [column.name for column in task.inputs if column.kind is ColumnKind.TOKENS]
    return any(by_characters(rows[name][:SAMPLED]) for name in names)


def unread(
    task: Task, rows: Mapping[str, Any], read: Encoded, processor: Any, limits: EncodeLimits, most: int = UNLIMITED
) -> Integers:
    """How many tokens at the end of each text are not read, counted up to `most`: with room for them it takes them. A
    task that reads texts in windows leaves none out."""
    missed = np.zeros(len(read), dtype=np.int64)
    full = np.flatnonzero(read.lengths >= limits.max_length)
    if not limits.max_length or task.windowed or not len(full):
        return missed
    longest = {name: [column[int(row)] for row in full] for name, column in rows.items()}
    wider = replace(limits, max_length=limits.max_length + most)
    missed[full] = task.encode(longest, processor, wider).lengths - read.lengths[full]
    return missed
