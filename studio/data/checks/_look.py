"""What a check looks at: the rows, and what several checks ask of them, computed once. And what a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.contracts import ColumnKind
from studio.data.notes import EXAMPLES, cut
from studio.data.splits import TRAIN
from studio.data.store import Finding

if TYPE_CHECKING:
    import pyarrow as pa

    from studio.data.rows import Rows

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """Rows under examination, and the images [m, size, size, 3] that their image column points into."""

    rows: Rows
    pixels: NDArray[np.uint8] | None = None

    @property
    def kind(self) -> ColumnKind:
        return self.rows.task.inputs[0].kind

    @property
    def columns(self) -> list[pa.ChunkedArray]:
        """The column of each input."""
        return [self.rows.table.column(column.name) for column in self.rows.task.inputs]

    @cached_property
    def inputs(self) -> pa.ChunkedArray:
        """The column of the input; of several texts, each row's as one, with an end of line between."""
        first, *others = self.columns
        if not others:
            return first
        import pyarrow.compute as pc

        return pc.binary_join_element_wise(first, *others, "\n")

    @cached_property
    def group(self) -> Numbers:
        """[n] a number below n that is equal for rows with the same input."""
        return np.unique(self.rows.keys, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def answer(self) -> Numbers:
        """[n] a number that is equal for rows with the same class or classes, tags, number, or places of answers."""
        if self.rows.numbers is not None:
            return np.unique(self.rows.numbers, return_inverse=True)[1].astype(np.int64)
        if not self.rows.listed and self.rows.answered is None:
            return self.rows.classes()
        numbers: dict[tuple[int, ...], int] = {}
        lists = self.rows.table.column(self.rows.task.target.name).to_pylist()
        rows = map(sorted, lists) if self.rows.several else lists
        return np.array([numbers.setdefault(tuple(row), len(numbers)) for row in rows], dtype=np.int64)

    @cached_property
    def train_counts(self) -> Numbers:
        """Training rows of each class."""
        rows = self.rows
        trained = (rows.splits == TRAIN)[rows.row_of()]
        return np.bincount(rows.classes()[trained], minlength=len(rows.labels)).astype(np.int64)

    def of(self, split: int) -> Mask:
        return np.asarray(self.rows.splits == split)

    def shown(self, places: NDArray[Any]) -> list[str]:
        return [self.rows.shown(int(place)) for place in places[:EXAMPLES]]


@dataclass(frozen=True)
class Check:
    """One finding: its code, how it is found, and what mends it (None where a person has to decide)."""

    name: str
    find: Callable[[Look], Finding | None]
    mend: Callable[[Look], Rows] | None = None


def finding(
    code: str, severity: str, message: str, count: int, examples: Iterable[str], mendable: bool = False
) -> Finding | None:
    """None where nothing was found (`count` is 0)."""
    if count == 0:
        return None
    shown = [cut(example) for example in list(examples)[:EXAMPLES]]
    fix = code if mendable else None
    return Finding(code=code, severity=severity, message=message, count=count, examples=shown, fix=fix)


def percent(share: float) -> str:
    """A share in [0, 1] as people write it."""
    return f"{share:.0%}".replace("%", " %") if share >= 0.1 else f"{share:.1%}".replace("%", " %")
