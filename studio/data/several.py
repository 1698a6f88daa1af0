"""Rows with any number of labels in canonical form: lists and separated names taken apart, rows without one kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress

import numpy as np
import pyarrow as pa

from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.formats._spool import Cell
from studio.data.listed import labels_in, separator_of
from studio.data.notes import note, plural
from studio.data.pieces import Counted, Piece, Source, as_text
from studio.data.rows import Rows, text_keys
from studio.data.store import Finding
from studio.errors import LimitError
from studio.settings import Limits

_BLANKS = {"nan", "null", "n/a", "#n/a", "<na>", "nat"}  # what programs write into an empty cell
_LOOKED = 20_000  # cells in which a separator is looked for


def rows(
    roles: Roles,
    sources: Sequence[Source],
    parts: Iterable[Piece],
    canonical: Canonical,
    given: tuple[Limits, SkipLog],
) -> tuple[Rows, list[Finding]]:
    """Any number of classes per text; an empty cell says that the text has none of them."""
    limits, skipped = given
    name = roles.columns[roles.task.target.name]
    separator = separator_of(chain.from_iterable(source.table.columns[name][:_LOOKED] for source in sources))
    no_text, none = Counted(), Counted()
    lengths = [np.zeros(1, dtype=np.int32)]
    for piece in parts:
        texts = list(map(as_text, piece.inputs))
        keep = [bool(text.strip()) for text in texts]
        for line in (line for line, kept in zip(piece.lines, keep, strict=True) if not kept):
            no_text.add(line)
            skipped.add(line, "The text is empty.")
        texts, lines = list(compress(texts, keep)), list(compress(piece.lines, keep))
        found = [_labels(cell, separator) for cell in compress(piece.targets, keep)]
        for line in (line for line, labels in zip(lines, found, strict=True) if not labels):
            none.add(line)
        ids = [canonical.number(label) for labels in found for label in labels]
        _check(len(canonical.ids), name, limits)
        lengths.append(np.array([len(labels) for labels in found], dtype=np.int32))
        canonical.targets.append(np.array(ids, dtype=np.int32))
        canonical.splits.append(piece.splits[np.array(keep, dtype=np.bool_)])
        canonical.keys.append(text_keys(texts))
        canonical.spool.add({roles.task.inputs[0].name: texts, "line": lines}, range(len(texts)))
    offsets = pa.array(np.cumsum(np.concatenate(lengths)), pa.int32())
    return canonical.rows(roles.task, offsets), notes(separator, none, no_text)


def _labels(cell: Cell, separator: str) -> list[str]:
    return [label for label in labels_in(cell, separator) if label.lower() not in _BLANKS]


def _check(classes: int, name: str, limits: Limits) -> None:
    if classes > limits.classes:
        raise LimitError(
            f"The column '{name}' holds more than {limits.classes:,} different values; so many classes are not"
            " possible.",
            next="If another column holds the classes, name it with --option labels=COLUMN.",
        )


def notes(separator: str, none: Counted, no_text: Counted | None = None) -> list[Finding]:
    """How labels were taken apart, how many rows have none, and how many no text."""
    found = []
    if no_text is not None and no_text.count:
        message = f"{plural(no_text.count, 'row has', 'rows have')} no text and cannot be used."
        found.append(note("empty_texts", message, no_text.count, no_text.places, "warning"))
    if separator:
        found.append(note("taken_apart", f"Labels are taken apart at '{separator}'.", 1))
    if none.count:
        message = f"{plural(none.count, 'row has', 'rows have')} no label: that none fits is learned from them."
        found.append(note("unlabelled_rows", message, none.count, none.places))
    return found


def columns(cells: Sequence[str], lines: Sequence[str]) -> tuple[tuple[str, ...], list[list[str]], list[Finding]]:
    """The labels that occur, those of each cell, and what to say of them: for images, whose labels stand in texts."""
    separator, none = separator_of(cells), Counted()
    found = [_labels(cell, separator) for cell in cells]
    for line in (line for line, labels in zip(lines, found, strict=True) if not labels):
        none.add(line)
    return tuple(dict.fromkeys(chain.from_iterable(found))), found, notes(separator, none)
