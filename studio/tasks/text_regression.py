"""One number per text, such as a rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.arrays import Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _numbers, _texts


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `text`, cut at the limit; the numbers of `number`."""
    inputs = _texts.encoded(rows, processor, limits, ("text",))
    return Encoded(inputs, _numbers.targets(rows, len(rows["text"])), inputs["input_ids"].lengths)


TASK = Task(
    name="text_regression",
    label="Numbers for texts",
    summary="Give each text a number, such as a rating or a price.",
    modality=Modality.TEXT,
    head=Head.SEQUENCE_CLASSIFICATION,
    answer=Answer.NUMBER,
    columns=(
        Column("text", ColumnKind.TEXT, "Text", _texts.TEXTS),
        Column("number", ColumnKind.NUMBER, "Number", _numbers.NUMBERS),
    ),
    metric=_numbers.METRIC,
    metrics=_numbers.METRICS,
    encode=encode,
    collate=_texts.collate_rows,
    loss=_numbers.squared_error,
    outputs=_numbers.outputs,
    judge=_numbers.judge,
    score=_numbers.score,
    decode=_numbers.decode,
    ignores=_numbers.IGNORES,
)
