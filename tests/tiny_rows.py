"""Tiny rows with any number of classes each, or with none, for `tests.tiny`."""

from __future__ import annotations

from typing import Any

import numpy as np

WORDS = ("good", "bad", "fine", "poor", "film", "book", "room", "the", "a", "was", "very", "not", "anna", "bonn")
TELLING = ("bad", "the", "good")  # the word of each class
OTHERS = [word for word in WORDS if word not in TELLING]
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


def plain(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts without labels, in which words follow each other in their order."""
    random = np.random.default_rng(seed)
    starts, lengths = random.integers(0, len(WORDS), rows), random.integers(4, 20, rows)
    return {"text": [" ".join((WORDS * 4)[s : s + n]) for s, n in zip(starts.tolist(), lengths.tolist(), strict=True)]}
