"""From what the formats read to canonical rows: labels and tags cleaned, rows without one left out, classes numbered.

Splits are not made here; rows only carry the split that their file or a column names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, compress
from pathlib import Path

import numpy as np

from studio.contracts import ColumnKind
from studio.data import answered, numbered, several, tagged, unlabelled
from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.formats._spool import Spool
from studio.data.listed import several_labels
from studio.data.notes import note, plural
from studio.data.pieces import Counted, Piece, Source, as_text, pieces
from studio.data.rows import Rows, text_keys
from studio.data.splits import code
from studio.data.store import Finding
from studio.errors import LimitError
from studio.settings import Limits

# What spreadsheets and programs write into an empty cell. "none" and "NA" are left alone: they are also answers.
_BLANKS = {"", "nan", "null", "n/a", "#n/a", "<na>", "nat"}
LABEL_JOIN = ", "  # between labels that a file holds as a list


def assemble(
    sources: Sequence[Source],
    roles: Roles,
    limits: Limits,
    skipped: SkipLog,
    scratch: Path | None = None,
    decimal: str = "",
) -> tuple[Rows, bool, list[Finding]]:
    """Canonical rows, whether they carry splits of their own, and notes. Many rows are laid down in `scratch`;
    `decimal` is the mark before decimals, where somebody has said so.

    Raises MissingColumn, LimitError, DataError (tags that are numbers).
    """
    if sum(len(source.table) for source in sources) > limits.rows:
        raise LimitError(f"There are more than {limits.rows:,} rows.", next="Import a part of them.")
    given = {code(source.split) for source in sources if source.split not in ("train", None)}
    notes: list[Finding] = []
    parts = chain.from_iterable(pieces(source, roles, skipped, given, notes) for source in sources)
    own = any(source.split for source in sources) or roles.split is not None
    canonical = Canonical(Spool(scratch))
    match roles.task.target.kind:
        case ColumnKind.TAGS:
            rows, found = tagged.rows(roles, sources, parts, canonical, skipped)
        case ColumnKind.NUMBER:
            rows, found = numbered.rows(roles, parts, canonical, skipped, decimal)
        case ColumnKind.TEXT:
            rows, found = unlabelled.rows(roles, parts, canonical, limits, skipped)
        case ColumnKind.ANSWERS:
            rows, found = answered.rows(roles, parts, canonical, skipped)
        case ColumnKind.LABELS:
            rows, found = several.rows(roles, sources, parts, canonical, (limits, skipped))
        case _:
            rows, found = _labelled_rows(roles, parts, canonical, limits, skipped)
    return rows, own, [*notes, *found]


def _labelled_rows(
    roles: Roles, parts: Iterable[Piece], canonical: Canonical, limits: Limits, skipped: SkipLog
) -> tuple[Rows, list[Finding]]:
    """One class per text, or per pair of texts."""
    target = roles.task.target.name
    no_text, no_label = Counted(), Counted()
    labels: dict[str, str] = {}  # as the file has them, to the class
    for piece in parts:
        columns = [list(map(as_text, cells)) for cells in (piece.inputs, *piece.others.values())]
        texts = columns[0] if len(columns) == 1 else _weakest(columns)
        raw = [cell if isinstance(cell, str) else LABEL_JOIN.join(cell) for cell in piece.targets]
        labels |= {value: clean_label(value) for value in set(raw).difference(labels)}
        keep = [
            bool(labels[value]) and bool(text) and not text.isspace() for text, value in zip(texts, raw, strict=True)
        ]
        if not all(keep):
            _list_empty(texts, raw, piece.lines, (no_text, no_label), skipped, labels)
            columns, raw = [list(compress(cells, keep)) for cells in columns], list(compress(raw, keep))
        ids = np.fromiter((canonical.number(labels[value]) for value in raw), dtype=np.int32, count=len(raw))
        if len(canonical.ids) > limits.classes:
            raise LimitError(
                f"The column '{roles.columns[target]}' holds more than {limits.classes:,} different values; "
                "so many classes are not possible.",
                next=f"If another column holds the classes, name it with --option {target}=COLUMN.",
            )
        canonical.targets.append(ids)
        canonical.splits.append(piece.splits[np.array(keep, dtype=np.bool_)])
        canonical.keys.append(text_keys(*columns))
        named = dict(zip((column.name for column in roles.task.inputs), columns, strict=True))
        canonical.spool.add({**named, "line": list(compress(piece.lines, keep))}, range(len(raw)))
    notes = [*_empty_notes(no_text, no_label), *several_labels(list(canonical.ids))]
    return canonical.rows(roles.task), notes


def _weakest(columns: Sequence[Sequence[str]]) -> list[str]:
    """Of the texts of each row one that says nothing, or else the first."""
    return [next((text for text in row if not text.strip()), row[0]) for row in zip(*columns, strict=True)]


def clean_label(value: str) -> str:
    """The class name as the file says it, with single spaces; "" for what stands for an empty cell."""
    label = " ".join(value.split())
    return "" if label.lower() in _BLANKS else label


def _list_empty(
    texts: Sequence[str],
    raw: Sequence[str],
    lines: Sequence[str],
    counted: tuple[Counted, Counted],
    skipped: SkipLog,
    labels: Mapping[str, str],
) -> None:
    """List the rows without text or without label, and count both."""
    no_text, no_label = counted
    for text, label, line in zip(texts, raw, lines, strict=True):
        if not text or text.isspace():
            no_text.add(line)
            skipped.add(line, "The text is empty.")
        elif not labels[label]:
            no_label.add(line)
            stands = f"The label is '{label.strip()}', which stands for an empty cell."
            skipped.add(line, stands if label.strip() else "The label is empty.")


def _empty_notes(no_text: Counted, no_label: Counted) -> list[Finding]:
    notes = []
    for finding, found, what in (("empty_texts", no_text, "text"), ("empty_labels", no_label, "label")):
        if found.count:
            message = f"{plural(found.count, 'row has', 'rows have')} no {what} and cannot be used."
            notes.append(note(finding, message, found.count, found.places, "warning"))
    return notes
