"""One class per image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Batch, Encoded, EncodeLimits
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes

if TYPE_CHECKING:
    from studio.arrays import Integers


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """The images as uint8 [n, size, size, 3], a view of the store where the size is the stored one; class ids."""
    from studio.pixels import resized

    images = resized(np.asarray(rows["image"]), limits.image_size)
    targets = np.asarray(rows.get("label", [_classes.IGNORED] * len(images)), dtype=np.int64)
    return Encoded({"pixel_values": images}, targets, np.ones(len(images), dtype=np.int64))


def collate(encoded: Encoded, indices: Integers, processor: Any) -> Batch:
    """The chosen images, still uint8."""
    import torch

    pixels = np.asarray(encoded.inputs["pixel_values"])[indices]
    return Batch(
        {"pixel_values": torch.from_numpy(pixels)}, torch.from_numpy(np.asarray(encoded.targets)[indices]), len(indices)
    )


TASK = Task(
    name="image_classification",
    label="Image classification",
    summary="Put each image into one class.",
    modality=Modality.IMAGE,
    head=Head.IMAGE_CLASSIFICATION,
    answer=Answer.LABEL,
    columns=(
        Column("image", ColumnKind.IMAGE, "Image", ("image", "file", "filename", "path")),
        Column("label", ColumnKind.LABEL, "Label", ("label", "class", "category")),
    ),
    metric=_classes.METRIC,
    metrics=_classes.METRICS,
    encode=encode,
    collate=collate,
    loss=_classes.cross_entropy,
    outputs=_classes.row_outputs,
    judge=_classes.judge,
    score=_classes.score,
    decode=_classes.decode,
)
