"""From records (objects with named values) to columns: objects inside objects become columns "outer.inner".

What JSON, Parquet and Arrow have in common. Every value becomes text as it stands; lists of simple values stay lists.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from studio.data.formats import _text
from studio.data.formats._records import SkipLog, Table
from studio.data.formats._spool import BATCH_LETTERS, BATCH_ROWS, Cell, Spool
from studio.data.notes import note, plural
from studio.data.reading import ReadOptions
from studio.data.store import Finding
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits

_DEPTH = 4  # objects inside objects whose fields become columns
_COLUMNS = 500
EXAMPLE = '{"text": "...", "label": "..."}'
_EXPECTED = f"Bring one record per row, such as {EXAMPLE}."


class Fields:
    """Takes records one after the other; `table` is what they make. `name` is for messages."""

    def __init__(self, name: str, options: ReadOptions, limits: Limits) -> None:
        self._name, self._limits = name, limits
        self._spool = Spool(options.scratch)
        self._seen: set[str] = set()
        self._dropped: dict[str, None] = {}
        self._columns: dict[str, list[Cell]] = {}
        self._lines: list[int] = []
        self._letters = 0

    def __len__(self) -> int:
        return len(self._spool) + len(self._lines)

    def add(self, line: int, record: Mapping[str, Any]) -> None:
        """Add a row. Raises LimitError (too many rows), DataError (too many fields)."""
        if len(self) >= self._limits.rows:
            raise LimitError(f"{self._name} has more than {self._limits.rows:,} rows.", next="Import a part of it.")
        row = len(self._lines)
        for key, value in _flat(record, "", 0):
            cell = _cell(value)
            if cell is None:
                self._dropped[key] = None
                continue
            cells = self._column(key)
            cells.extend([""] * (row - len(cells)))
            cells[row:] = [cell]
            self._letters += len(cell) if isinstance(cell, str) else sum(map(len, cell))
        self._lines.append(line)
        if len(self._lines) == BATCH_ROWS or self._letters > BATCH_LETTERS:
            self._flush()

    def _column(self, key: str) -> list[Cell]:
        if key not in self._columns:
            self._seen.add(key)
            if len(self._seen) > _COLUMNS:
                raise DataError(f"The records have more than {_COLUMNS} different fields.")
            self._columns[key] = []
        return self._columns[key]

    def _flush(self) -> None:
        for cells in self._columns.values():
            cells.extend([""] * (len(self._lines) - len(cells)))
        self._spool.add(self._columns, self._lines)
        self._columns, self._lines, self._letters = {}, [], 0

    def table(self, skipped: SkipLog, notes: list[Finding]) -> Table:
        """The table. Raises EmptyFile (no records), DataError (nothing in them that fits a cell)."""
        self._flush()
        dropped = sorted(self._dropped)
        if not len(self):
            where = f"{skipped.items[0].where}: {skipped.items[0].why}" if skipped.items else ""
            raise EmptyFile(f"{self._name} holds no records.", where=where, next=_EXPECTED)
        columns = self._spool.columns()
        for name in [name for name in columns if not self._spool.filled(name)]:  # objects that are null in some rows
            if any(other.startswith(name + ".") for other in columns):
                del columns[name]
        if not columns:
            raise DataError(
                f"The records of {self._name} hold nothing but lists of objects: {', '.join(dropped[:5])}."
                if dropped
                else f"The records of {self._name} have no fields.",
                next=_EXPECTED,
            )
        if dropped:
            message = f"{plural(len(dropped), 'field')} that no cell can hold left out: {', '.join(dropped[:5])}."
            notes.append(note("nested_fields", message, len(dropped), dropped))
        return Table(columns, self._spool.lines(), skipped, tuple(notes))


def _flat(record: Mapping[str, Any], prefix: str, depth: int) -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        name = _text.whole(prefix + key.strip())
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _flat(value, name + ".", depth + 1)
        else:
            yield name, value


def _cell(value: Any) -> Cell | None:
    """The value as a cell; None if no cell can hold it."""
    if isinstance(value, str):
        return _text.whole(value.strip())
    if isinstance(value, list):
        return None if any(isinstance(e, dict | list | bytes) for e in value) else [_scalar(e) for e in value]
    return None if isinstance(value, dict | bytes) else _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return _text.whole(str(value))
