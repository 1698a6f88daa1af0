"""CSV and its relatives: cells separated by commas, tabs, semicolons, bars or a rarer character."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _dialect, _text
from studio.data.formats._grid import Grid
from studio.data.formats._records import Format, Table
from studio.data.reading import ReadOptions
from studio.settings import Limits

SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
_HEAD_LINES = 4_000
_FIELD_LIMIT = 2**31 - 1


def recognise(path: Path, head: bytes) -> bool:
    """Any text with the name of a table; any other text if its first line has a delimiter."""
    text = _text.head_text(head)
    if path.suffix.lower() in (*SUFFIXES, ".txt"):
        return True
    first = next(iter(text.splitlines()), "")
    return "\0" not in text and text.count("\ufffd") <= len(text) // 2 and any(d in first for d in _dialect.DELIMITERS)


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The table. Rows with a wrong number of cells are listed and left out, so that no cell ends up in another column.

    Raises EmptyFile (no rows), DataError (not a text), LimitError (too many rows), InvalidOption (unknown encoding).
    """
    csv.field_size_limit(_FIELD_LIMIT)
    text = _text.read(path, options.encoding)
    head = text.head(_HEAD_LINES)
    delimiter = options.delimiter or _dialect.sniff(head, path.suffix.lower())[0]
    grid = Grid(path.name, options, limits, text.notes())
    return grid.table(_dialect.rows(head, delimiter), partial(_dialect.rows, text.lines(), delimiter))


FORMAT = Format(
    name="delimited",
    label="CSV, TSV and other delimited text",
    modality=Modality.TEXT,
    recognise=recognise,
    read=read,
)
