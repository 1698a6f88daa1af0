"""The rows of a file that was read as a table, some thousand at a time: input, target, place and split.

Two columns of texts become one text here. Nothing is cleaned or judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from studio.data.columns import Roles
from studio.data.formats._records import SkipLog, Table
from studio.data.formats._spool import Cell
from studio.data.notes import EXAMPLES, replaced_note
from studio.data.splits import ALIASES, code
from studio.data.store import Finding
from studio.errors import MissingColumn

JOIN = " | "  # between two texts that are read as one
PIECE = 8_192  # rows that are held as Python values at once


@dataclass(frozen=True)
class Source:
    """One file as a table, and the split it was given for (or None)."""

    name: str
    table: Table
    split: str | None


@dataclass
class Piece:
    """Some rows of a source: first inputs, further ones by role, targets, where answers begin ("" where nobody says),
    where they stand, and their splits; all of one length."""

    inputs: list[Cell]
    others: dict[str, list[Cell]]
    targets: list[Cell]
    starts: list[Cell]
    lines: list[str]
    splits: NDArray[np.int8]


@dataclass
class Counted:
    """How many rows were left out for one reason, and the places of the first."""

    count: int = 0
    places: list[str] = field(default_factory=list)

    def add(self, place: str) -> None:
        self.count += 1
        if len(self.places) < EXAMPLES:
            self.places.append(place)


def pieces(source: Source, roles: Roles, skipped: SkipLog, given: set[int], notes: list[Finding]) -> Iterator[Piece]:
    """The rows of a source. Rows of the main file whose split is `given` as a file of its own are left out."""
    for item in source.table.skipped.items:
        skipped.add(f"{source.name}:{item.where}", item.why)
    skipped.count += source.table.skipped.count - len(source.table.skipped.items)
    columns = source.table.columns
    target = roles.columns[roles.task.target.name]
    needed = (*roles.inputs, *roles.others.values(), target)
    for name in needed:
        if name not in columns:
            raise MissingColumn(
                f"{source.name} has no column '{name}'.",
                why=f"Its columns: {', '.join(list(columns)[:30])}.",
                next="All files of one dataset need the same columns.",
            )
    replaced = Counted()
    for start in range(0, len(source.table), PIECE):
        part = {name: columns[name][start : start + PIECE] for name in {*needed, roles.starts or ""} & set(columns)}
        lines = [f"{source.name}:{line}" for line in source.table.lines[start : start + PIECE]]
        splits, known = _splits(source, roles, start, lines, skipped)
        if source.split == "train" and given:
            for place, (ok, split) in enumerate(zip(known, splits, strict=True)):
                if ok and int(split) in given:
                    known[place] = False
                    replaced.add(lines[place])
        inputs = joined([part[name] for name in roles.inputs])
        others = {role: list(compress(part[name], known)) for role, name in roles.others.items()}
        targets = list(compress(part[target], known))
        begins = list(compress(part.get(roles.starts or "", [""] * len(lines)), known))
        yield Piece(list(compress(inputs, known)), others, targets, begins, list(compress(lines, known)), splits[known])
    notes += replaced_note(replaced.places, source.name, replaced.count)


def joined(columns: Sequence[Sequence[Cell]]) -> list[Cell]:
    """The cells of one column, or of two as one text each, with a bar between where both say something."""
    if len(columns) == 1:
        return list(columns[0])
    return [JOIN.join(filter(None, map(as_text, cells))) for cells in zip(*columns, strict=True)]


def as_text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else " ".join(cell)


def _splits(
    source: Source, roles: Roles, start: int, lines: Sequence[str], skipped: SkipLog
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """The split of each row, and whether it is known. A main file's own splits hold beside files for one split."""
    columns = source.table.columns
    if source.split not in (None, "train") or roles.split is None or roles.split not in columns:
        return np.full(len(lines), code(source.split or "train"), dtype=np.int8), np.ones(len(lines), dtype=np.bool_)
    cells = columns[roles.split][start : start + len(lines)]
    names = [ALIASES.get(cell.strip().lower()) if isinstance(cell, str) else None for cell in cells]
    for line, name in zip(lines, names, strict=True):
        if name is None:
            skipped.add(line, f"The column '{roles.split}' says neither train nor valid nor test.")
    splits = np.array([code(name or "train") for name in names], dtype=np.int8)
    return splits, np.array([name is not None for name in names], dtype=np.bool_)
