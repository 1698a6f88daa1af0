"""Tiny rows with any number of classes each, for `tests.tiny`."""

from __future__ import annotations

from typing import Any

import numpy as np

TELLING = ("bad", "the", "good")  # the word of each class
OTHERS = ("fine", "poor", "film", "book", "room", "a", "was", "very", "not", "anna", "bonn")
SIZE = 16


def labelled(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts with any number of classes, each of which shows in a word of its own."""
    random = np.random.default_rng(seed)
    chosen = [sorted(random.choice(3, random.integers(0, 4), replace=False).tolist()) for _ in range(rows)]
    lines = [" ".join([*random.choice(OTHERS, 3), *(TELLING[label] for label in row)]) for row in chosen]
    return {"text": lines, "labels": chosen}


def coloured(rows: int, seed: int) -> dict[str, list[Any]]:
    """Noisy squares, each of whose colours is bright where they have the class of its place."""
    random = np.random.default_rng(seed)
    chosen = labelled(rows, seed)["labels"]
    pixels = [random.integers(0, 60, (SIZE, SIZE, 3)) for _ in range(rows)]
    for image, row in zip(pixels, chosen, strict=True):
        image[..., row] += 150
    return {"image": [image.astype(np.uint8) for image in pixels], "labels": chosen}
