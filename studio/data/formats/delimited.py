"""CSV and its relatives: cells separated by commas, tabs, semicolons or bars."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from studio.contracts import ColumnKind, Modality
from studio.data.formats import _dialect, _text
from studio.data.formats._dialect import Row
from studio.data.formats._records import Format, ReadOptions, SkipLog, Table, note, plural
from studio.data.store import Finding
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits
from studio.tasks import TASKS

_SUFFIXES = (".csv", ".tsv", ".tab", ".psv", ".txt")
_TITLE_ROWS = 20
_FIELD_LIMIT = 2**31 - 1
_KNOWN_NAMES = frozenset(
    name
    for task in TASKS.values()
    for column in task.columns
    if column.kind is not ColumnKind.IMAGE
    for name in (column.name, *column.aliases)
) | {"id", "split"}


def recognise(path: Path, head: bytes) -> bool:
    """Any text with the name of a table; any other text if its lines agree on a delimiter."""
    text = _text.head_text(head)
    if "\0" in text and path.suffix.lower() not in _SUFFIXES:
        return False
    if path.suffix.lower() in _SUFFIXES:
        return True
    lines = text.splitlines(keepends=True)[:50]
    return text.count("\ufffd") <= len(text) // 2 and any(
        line.count(d) for line in lines[:1] for d in _dialect.DELIMITERS
    )


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The table. Rows with a wrong number of cells are listed and left out, so that no cell ends up in another column.

    Raises EmptyFile (no rows), DataError (not a text), LimitError (too many rows), InvalidOption (unknown encoding).
    """
    csv.field_size_limit(_FIELD_LIMIT)
    decoded = _text.read(path, options.encoding)
    lines, notes = decoded.lines(), decoded.notes()
    del decoded
    delimiter = options.delimiter or _dialect.sniff(lines, path.suffix.lower())
    titles, first = _first_row(lines, delimiter, path.name)
    if titles:
        notes.append(note("title_rows", "Rows above the table were left out.", len(titles), titles, "warning"))
    body, skipped, body_notes = _body(lines, delimiter, first, limits)
    names, body = _name_columns(first, body, options.header, notes)
    if not body:
        reason = "has a header but no rows" if not skipped.count else "has no row that fits its header"
        where = f"Line {skipped.items[0].where}: {skipped.items[0].why}" if skipped.count else ""
        raise EmptyFile(f"{path.name} {reason}.", where=where, next="Add rows to it, then import it again.")
    return Table(_columns(names, body), [row.line for row in body], skipped, (*notes, *body_notes))


def _first_row(lines: Sequence[str], delimiter: str, name: str) -> tuple[list[str], Row]:
    """The first row of the table proper, and the text of title rows above it (a single cell over a wider table)."""
    head = [row for row in islice(_dialect.rows(lines, delimiter), 5 * _TITLE_ROWS) if any(map(str.strip, row.cells))]
    if not head:
        raise EmptyFile(f"{name} is empty.", next="Add rows to it, then import it again.")
    filled = [sum(1 for cell in row.cells if cell.strip()) for row in head]
    wide = sorted(filled)[len(filled) // 2] > 1
    start = next((i for i, n in enumerate(filled[:_TITLE_ROWS]) if n > 1), 0) if wide else 0
    if start and max(len(row.cells) for row in head[:start]) > 1 and len(head[0].cells) != len(head[start].cells):
        start = 0
    return [" ".join(cell.strip() for cell in row.cells).strip() for row in head[:start]], head[start]


def _body(lines: Sequence[str], delimiter: str, first: Row, limits: Limits) -> tuple[list[Row], SkipLog, list[Finding]]:
    """The rows below the first that have as many cells as it, the others listed."""
    width, kept, skipped, stray = len(first.cells), [], SkipLog(), 0
    for row in _dialect.rows(lines, delimiter, width):
        if row.line <= first.line:
            continue
        cells = row.cells
        if len(cells) != width:
            if not any(cells) or not any(map(str.strip, cells)):
                continue
            if len(cells) < width or any(map(str.strip, cells[width:])):
                skipped.add(str(row.line), f"The row has {plural(len(cells), 'cell')} where the first row has {width}.")
                continue
            del cells[width:]
        elif not any(cells):
            continue
        stray += row.stray
        kept.append(row)
        if len(kept) > limits.rows:
            raise LimitError(
                f"The table has more than {limits.rows:,} rows.",
                next="Import a part of it, or raise STUDIO_LIMITS_ROWS.",
            )
    message = f"{plural(stray, 'row')} with a stray quotation mark were read without quoting." if stray else ""
    return kept, skipped, [note("stray_quotes", message, stray, severity="warning")] if stray else []


def _name_columns(
    first: Row, body: list[Row], header: bool | None, notes: list[Finding]
) -> tuple[list[str], list[Row]]:
    """Column names, and the body with the first row in it if that holds data."""
    cells = [cell.strip() for cell in first.cells]
    named = _dialect.has_header(cells, [row.cells for row in body], _KNOWN_NAMES) if header is None else header
    if named:
        return _dialect.clean_names(cells), body
    names = [f"column {i + 1}" for i in range(len(cells))]
    if header is None:
        message = (
            f"The first row looks like data, so the columns are called {', '.join(names[:3])}"
            f"{', ...' if len(names) > 3 else ''}. If it names the columns, import with --option header=yes."
        )
        notes.append(note("no_header", message, 1, [" | ".join(cells)], "warning"))
    return names, [first, *body]


def _columns(names: Sequence[str], body: Sequence[Row]) -> dict[str, list[str]]:
    """Cells by column, trimmed; columns without a name and without a value are dropped."""
    columns: dict[str, list[str]] = {}
    for index, name in enumerate(names):
        cells = [row.cells[index].strip() for row in body]
        if not name.startswith("column ") or any(cells):
            columns[name] = cells
    if not columns:
        raise DataError("The table has no column with a value.")
    return columns


FORMAT = Format(
    name="delimited",
    label="CSV, TSV and other delimited text",
    modality=Modality.TEXT,
    recognise=recognise,
    read=read,
)
