"""Any number of classes per text, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Batch, Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _several, _texts

if TYPE_CHECKING:
    from studio.arrays import Integers


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `text`, cut at the limit; a yes or no for each class of `labels`."""
    inputs = _texts.encoded(rows, processor, limits, ("text",))
    targets = _several.targets(rows, len(rows["text"]), limits.classes)
    return Encoded(inputs, targets, inputs["input_ids"].lengths)


def collate(encoded: Encoded, indices: Integers, tokenizer: Any) -> Batch:
    """Padded token ids, and targets [rows, classes], each of which counts."""
    import torch

    targets = torch.from_numpy(np.asarray(encoded.targets)[indices])
    return Batch(_texts.pad_inputs(encoded, indices, tokenizer), targets, encoded.labelled(indices))


TASK = Task(
    name="multilabel_classification",
    label="Several labels per text",
    summary="Give each text all the labels that fit, or none.",
    modality=Modality.TEXT,
    head=Head.SEQUENCE_CLASSIFICATION,
    answer=Answer.LABELS,
    columns=(
        Column("text", ColumnKind.TEXT, "Text", _texts.TEXTS),
        Column("labels", ColumnKind.LABELS, "Labels", _several.LABELS),
    ),
    metric=_several.METRIC,
    metrics=_several.METRICS,
    encode=encode,
    collate=collate,
    loss=_several.cross_entropy,
    outputs=_several.outputs,
    judge=_several.judge,
    score=_several.score,
    decode=_several.decode,
    choose=_several.choose,
    guess=_several.guess,
    ignores=_several.IGNORES,
)
