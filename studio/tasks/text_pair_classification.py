"""One class per pair of texts: whether one follows from the other, says the same, or answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio.arrays import Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes, _texts

LABELS = (*_texts.LABELS, "gold_label", "entailment", "relation", "is_duplicate", "match", "标签")


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `text` and `text_b` in one row, the longer one cut at the limit; class ids of `label`."""
    inputs = _texts.encoded(rows, processor, limits, ("text", "text_b"))
    targets = np.asarray(rows.get("label", [_classes.IGNORED] * len(rows["text"])), dtype=np.int64)
    return Encoded(inputs, targets, inputs["input_ids"].lengths)


TASK = Task(
    name="text_pair_classification",
    label="Text pair classification",
    summary="Put each pair of texts into one class: does one follow from the other, do they mean the same?",
    modality=Modality.TEXT,
    head=Head.SEQUENCE_CLASSIFICATION,
    answer=Answer.LABEL,
    columns=(
        Column("text", ColumnKind.TEXT, "Text", _texts.FIRST),
        Column("text_b", ColumnKind.TEXT, "Second text", _texts.SECOND),
        Column("label", ColumnKind.LABEL, "Label", LABELS),
    ),
    metric=_classes.METRIC,
    metrics=_classes.METRICS,
    encode=encode,
    collate=_texts.collate_rows,
    loss=_classes.cross_entropy,
    outputs=_classes.row_outputs,
    judge=_classes.judge,
    score=_classes.score,
    decode=_classes.decode,
    ignores=("label_names", "label_template"),  # for single texts with one class each
)
