"""The predictions that a run kept for its held-out rows, as numbers that can be counted and sorted.

A row with one class is treated as a row of one word, so there is one way of counting for all tasks. Nothing here knows
a task by its name, or what the rows looked like.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import WrongState
from studio.runs import entities
from studio.tasks.token_classification import OUTSIDE

Numbers = NDArray[Any]
Mask = NDArray[np.bool_]

UNREADABLE = (ValueError, KeyError, TypeError)  # what reading a damaged row raises


@dataclass(frozen=True)
class Kept:
    """`labels` are the run's; where words were not read, which count as outside any entity, "O" is among them. `true`,
    `guess` (places in `labels`) and `score` have one entry per word; words `offsets[i]` to `offsets[i + 1]`
    belong to row i. `places` says where each row's line begins in the file, in bytes."""

    file: Path
    labels: tuple[str, ...]
    true: Numbers
    guess: Numbers
    score: Numbers
    offsets: Numbers
    places: Numbers

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def rows(self) -> Numbers:
        """[words] the row of each word."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    @property
    def right(self) -> Mask:
        """[words] whether each word was answered rightly."""
        return np.asarray(self.true == self.guess, dtype=bool)

    def any_of(self, words: Mask) -> Mask:
        """[rows] whether any word of the row is among `words`."""
        return np.asarray(np.bincount(self.rows[words], minlength=len(self)) > 0, dtype=bool)

    def wrong_rows(self) -> Mask:
        """[rows] whether anything in the row was answered wrongly."""
        return self.any_of(~self.right)

    def confidence(self, words: Mask) -> Numbers:
        """[rows] the highest score among those words of the row; 0 where there are none."""
        found = np.zeros(len(self))
        np.maximum.at(found, self.rows[words], self.score[words])
        return found

    def tags(self, numbers: Numbers) -> list[list[str]]:
        """The names in `numbers` (`true` or `guess`), row by row."""
        names = [self.labels[number] for number in numbers]
        return [names[start:end] for start, end in zip(self.offsets[:-1], self.offsets[1:], strict=True)]

    def records(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What the file says of these rows."""
        with self.file.open("rb") as file:
            return [_line_at(file, int(self.places[row])) for row in rows]


def _line_at(file: Any, place: int) -> dict[str, Any]:
    file.seek(place)
    return dict(json.loads(file.readline()))


def read(file: Path, labels: Sequence[str]) -> Kept | None:
    """The predictions of one split; None if there is no such file. Raises WrongState if it is damaged."""
    ids = {label: number for number, label in enumerate(labels)}
    true: list[int] = []
    guess: list[int] = []
    score: list[float] = []
    offsets, places = [0], []
    try:
        for place, row in rows(file):
            if "tags" in row and OUTSIDE in row["tags"]:
                ids.setdefault(OUTSIDE, len(ids))
            for target, answer, certainty in _words(row):
                true.append(ids[target])
                guess.append(ids[answer])
                score.append(certainty)
            offsets.append(len(true))
            places.append(place)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        raise damaged(file) from error
    numbers = (np.array(true, dtype=np.int64), np.array(guess, dtype=np.int64), np.array(score))
    return Kept(file, tuple(ids), *numbers, np.array(offsets), np.array(places, dtype=np.int64))


def damaged(file: Path) -> WrongState:
    """What is said of predictions that cannot be read."""
    return WrongState(
        f"The predictions in {file.name} cannot be read.",
        why="The file is damaged, or a newer version made it.",
        next="Train again, or look at the metrics without them.",
    )


def rows(file: Path) -> Iterator[tuple[int, Any]]:
    """Every row of kept predictions, with the place in the file where it begins, in bytes."""
    place = 0
    with file.open("rb") as lines:
        for line in lines:
            yield place, json.loads(line)
            place += len(line)


def _words(row: Any) -> Iterator[tuple[str, str, float]]:
    if isinstance(row["target"], list):
        yield from zip(row["target"], row["tags"], row["scores"], strict=True)
    else:
        yield row["target"], row["label"], row["score"]


def of_label(labels: Sequence[str], name: str) -> Numbers:
    """The numbers of the classes called so: one, or, for a kind of entity, each of its tags."""
    return np.array([i for i, tag in enumerate(labels) if name in (tag, entities.kind(tag))])
