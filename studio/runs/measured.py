"""The predictions of numbers that a run kept for its held-out rows, beside the true ones.

Nothing here knows a task by its name, or what the rows looked like.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.runs import kept

POINTS = 1500  # of the drawing
_SEED = 0

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """`true` and `answered` [n]; `places` [n] says where each row's line begins in the file, in bytes."""

    file: Path
    true: Numbers
    answered: Numbers
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.true)

    @property
    def errors(self) -> Numbers:
        """[n] how far each answer is from the truth."""
        return np.abs(self.answered - self.true)

    def wanted(self, wrong: bool | None, by_score: bool) -> NDArray[np.int64]:
        """All rows, as nothing is simply wrong: the largest errors first, or as they stand."""
        return np.argsort(-self.errors, kind="stable") if by_score else np.arange(len(self))

    def points(self) -> list[list[float]]:
        """Pairs of true and answered number, of all rows or of `POINTS` chosen by chance, always the same."""
        places = np.arange(len(self))
        if len(places) > POINTS:
            places = np.sort(np.random.default_rng(_SEED).choice(places, POINTS, replace=False))
        return [[float(true), float(said)] for true, said in zip(self.true[places], self.answered[places], strict=True)]

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What the file says of these rows, with how far `off` each answer is."""
        found = []
        with self.file.open("rb") as file:
            for row in rows:
                file.seek(int(self.places[row]))
                found.append(dict(json.loads(file.readline())) | {"off": float(self.answered[row] - self.true[row])})
        return found


def read(file: Path) -> Measured | None:
    """The predictions of one split; None if there is no such file. Raises WrongState if it is damaged."""
    true, answered, places = list[float](), list[float](), list[int]()
    try:
        for place, row in kept.rows(file):
            true.append(float(row["target"]))
            answered.append(float(row["number"]))
            places.append(place)
    except FileNotFoundError:
        return None
    except kept.UNREADABLE as error:
        raise kept.damaged(file) from error
    return Measured(file, np.array(true), np.array(answered), np.array(places, dtype=np.int64))
