"""Any number of classes per image, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Batch, Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _several

if TYPE_CHECKING:
    from studio.arrays import Integers


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """The images as uint8 [n, size, size, 3], a view of the store where the size is the stored one; a yes or no for
    each class of `labels`."""
    from studio.pixels import resized

    images = resized(np.asarray(rows["image"]), limits.image_size)
    targets = _several.targets(rows, len(images), limits.classes)
    return Encoded({"pixel_values": images}, targets, np.ones(len(images), dtype=np.int64))


def collate(encoded: Encoded, indices: Integers, processor: Any) -> Batch:
    """The chosen images, still uint8, and targets [rows, classes], each of which counts."""
    import torch

    pixels = np.asarray(encoded.inputs["pixel_values"])[indices]
    targets = torch.from_numpy(np.asarray(encoded.targets)[indices])
    return Batch({"pixel_values": torch.from_numpy(pixels)}, targets, encoded.labelled(indices))


TASK = Task(
    name="image_multilabel_classification",
    label="Several labels per image",
    summary="Give each image all the labels that fit, or none.",
    modality=Modality.IMAGE,
    head=Head.IMAGE_CLASSIFICATION,
    answer=Answer.LABELS,
    columns=(
        Column("image", ColumnKind.IMAGE, "Image", ("image", "file", "filename", "path")),
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
