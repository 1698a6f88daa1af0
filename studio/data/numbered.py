"""Rows with a number to learn in canonical form: cells read as numbers, rows without one left out.

What a point or a comma before three digits means is known once the whole column has been read, so both readings are
kept until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.notes import note, plural
from studio.data.numbers import MARKS, Column, Reading, reading
from studio.data.pieces import Counted, Piece, as_text
from studio.data.rows import Rows, text_keys
from studio.data.store import Finding

_NAMES = {".": "point", ",": "comma"}


def rows(
    roles: Roles, parts: Iterable[Piece], canonical: Canonical, skipped: SkipLog, decimal: str = ""
) -> tuple[Rows, list[Finding]]:
    """One number per text, or per pair of texts. `decimal` is the mark before decimals, if somebody has said so."""
    no_text, no_number = Counted(), Counted()
    column, both = Column(), list[tuple[NDArray[np.float64], NDArray[np.str_]]]()
    for piece in parts:
        columns = [list(map(as_text, cells)) for cells in (piece.inputs, *piece.others.values())]
        values = [reading(as_text(cell)) for cell in piece.targets]
        keep = []
        for texts, value, line in zip(zip(*columns, strict=True), values, piece.lines, strict=True):
            said = all(text.strip() for text in texts)
            keep.append(said and value is not None)
            if not said:
                no_text.add(line)
                skipped.add(line, "The text is empty.")
            elif value is None:
                no_number.add(line)
                skipped.add(line, "The number is missing or cannot be read.")
        columns = [list(compress(cells, keep)) for cells in columns]
        both.append(_both(list(compress(values, keep)), column))
        canonical.splits.append(piece.splits[np.array(keep, dtype=np.bool_)])
        canonical.keys.append(text_keys(*columns))
        named = dict(zip((column.name for column in roles.task.inputs), columns, strict=True))
        canonical.spool.add({**named, "line": list(compress(piece.lines, keep))}, range(sum(keep)))
    thousands = [mark for mark in MARKS if (mark != decimal if decimal else column.parts_thousands(mark))]
    for numbers, marks in both:
        canonical.targets.append(np.where(np.isin(marks, thousands), numbers[1], numbers[0]))
    notes = [] if decimal else [_doubt(mark, mark in thousands, column.open[mark]) for mark in column.doubtful()]
    for code, found, what in (("empty_texts", no_text, "text"), ("empty_numbers", no_number, "number")):
        if found.count:
            message = f"{plural(found.count, 'row has', 'rows have')} no {what} and cannot be used."
            notes.append(note(code, message, found.count, found.places, "warning"))
    return canonical.rows(roles.task), notes


def _both(found: list[Reading | None], column: Column) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Numbers [2, n], with decimals and as whole ones, and the mark [n] that it depends on ("" where none does)."""
    known = [one for one in found if one is not None]
    for one in known:
        column.add(one)
    numbers = np.array([[one.number for one in known], [one.whole for one in known]], dtype=np.float64)
    return numbers.reshape(2, len(known)), np.array([one.open for one in known], dtype=np.str_)


def _doubt(mark: str, thousands: bool, count: int) -> Finding:
    read, other = ("12345", mark) if thousands else ("12.345", MARKS[1 - MARKS.index(mark)])
    message = (
        f"{plural(count, 'number has', 'numbers have')} a {_NAMES[mark]} before three digits and nothing else that says"
        f" what it is: 12{mark}345 was read as {read}. If that is wrong, set the decimal mark to {_NAMES[other]}."
    )
    return note("doubtful_numbers", message, count, (), "warning")
