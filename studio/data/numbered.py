"""Rows with a number to learn in canonical form: cells read as numbers, rows without one left out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress

import numpy as np

from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.notes import note, plural
from studio.data.numbers import as_number
from studio.data.pieces import Counted, Piece, as_text
from studio.data.rows import Rows, text_keys
from studio.data.store import Finding


def rows(roles: Roles, parts: Iterable[Piece], canonical: Canonical, skipped: SkipLog) -> tuple[Rows, list[Finding]]:
    """One number per text, or per pair of texts."""
    no_text, no_number = Counted(), Counted()
    for piece in parts:
        columns = [list(map(as_text, cells)) for cells in (piece.inputs, *piece.others.values())]
        values = [as_number(as_text(cell)) for cell in piece.targets]
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
        canonical.targets.append(np.array(list(compress(values, keep)), dtype=np.float64))
        canonical.splits.append(piece.splits[np.array(keep, dtype=np.bool_)])
        canonical.keys.append(text_keys(*columns))
        named = dict(zip((column.name for column in roles.task.inputs), columns, strict=True))
        canonical.spool.add({**named, "line": list(compress(piece.lines, keep))}, range(sum(keep)))
    notes = []
    for code, found, what in (("empty_texts", no_text, "text"), ("empty_numbers", no_number, "number")):
        if found.count:
            message = f"{plural(found.count, 'row has', 'rows have')} no {what} and cannot be used."
            notes.append(note(code, message, found.count, found.places, "warning"))
    return canonical.rows(roles.task), notes
