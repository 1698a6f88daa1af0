"""One class per text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio.arrays import Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes, _texts


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `text`, cut at the limit; class ids of `label`."""
    inputs = _texts.encoded(rows, processor, limits, ("text",))
    targets = np.asarray(rows.get("label", [_classes.IGNORED] * len(rows["text"])), dtype=np.int64)
    return Encoded(inputs, targets, inputs["input_ids"].lengths)


TASK = Task(
    name="text_classification",
    label="Text classification",
    summary="Put each text into one class.",
    modality=Modality.TEXT,
    head=Head.SEQUENCE_CLASSIFICATION,
    answer=Answer.LABEL,
    columns=(
        Column("text", ColumnKind.TEXT, "Text", _texts.TEXTS),
        Column("label", ColumnKind.LABEL, "Label", _texts.LABELS),
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
)
