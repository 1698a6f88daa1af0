"""The answers in texts that a run kept for its held-out questions, beside the right ones.

Nothing here knows a task by its name, or what the texts were.
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


@dataclass(frozen=True)
class Quoted:
    """`right` [n] says which answers match exactly, `score` [n] how sure each was; `places` [n] where each row's line
    begins in the file, in bytes."""

    file: Path
    right: NDArray[np.bool_]
    score: NDArray[np.float64]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.right)

    def wanted(self, wrong: bool | None, by_score: bool) -> NDArray[np.int64]:
        """The rows with mistakes, or without, or all (None); the surest answers first, or as they stand."""
        rows = np.arange(len(self)) if wrong is None else np.flatnonzero(self.right != wrong)
        return rows[np.argsort(-self.score[rows], kind="stable")] if by_score else rows

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What the file says of these rows."""
        with self.file.open("rb") as file:
            found = []
            for row in rows:
                file.seek(int(self.places[row]))
                found.append(dict(json.loads(file.readline())))
        return found


def read(file: Path) -> Quoted | None:
    """The answers of one split; None if there is no such file. Raises WrongState if it is damaged."""
    right, score, places = list[bool](), list[float](), list[int]()
    try:
        for place, row in kept.rows(file):
            right.append(float(row["exact"]) == 1)
            score.append(float(row["score"]))
            places.append(place)
    except FileNotFoundError:
        return None
    except kept.UNREADABLE as error:
        raise kept.damaged(file) from error
    return Quoted(file, np.array(right, dtype=bool), np.array(score), np.array(places, dtype=np.int64))
