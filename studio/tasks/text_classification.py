"""One class per text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studio.arrays import Encoded, EncodeLimits, Ragged
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes, _texts

# Headers under which people bring these columns.
TEXTS = ("text", "sentence", "review", "content", "message", "comment", "query")
LABELS = ("label", "category", "class", "target", "sentiment", "intent", "y")


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `text`, cut at the limit; class ids of `label`."""
    texts = list(rows["text"])
    ids = processor(
        texts,
        truncation=True,
        max_length=limits.max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    tokens = Ragged.of(ids)
    targets = np.asarray(rows.get("label", [_classes.IGNORED] * len(texts)), dtype=np.int64)
    return Encoded({"input_ids": tokens}, targets, tokens.lengths)


TASK = Task(
    name="text_classification",
    label="Text classification",
    summary="Put each text into one class.",
    modality=Modality.TEXT,
    head=Head.SEQUENCE_CLASSIFICATION,
    answer=Answer.LABEL,
    columns=(
        Column("text", ColumnKind.TEXT, "Text", TEXTS),
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
)
