"""From rows of cells to a table: title rows above it, the row that names its columns, rows of another width.

What delimited texts and spreadsheets have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from studio.contracts import ColumnKind
from studio.data.formats import _dialect
from studio.data.formats._dialect import Row
from studio.data.formats._records import SkipLog, Table
from studio.data.formats._spool import BATCH_LETTERS, BATCH_ROWS, Cells, Spool
from studio.data.notes import note, plural
from studio.data.reading import ReadOptions
from studio.data.store import Finding
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits
from studio.tasks import TASKS

TITLE_ROWS = 20
HEAD_ROWS = 5 * TITLE_ROWS
_HEADER_SAMPLE = 5_000
_SEPARATOR = "sep="  # so begins the line by which Excel is told the delimiter: that stands in it, and makes two cells
KNOWN_NAMES = frozenset(
    name
    for task in TASKS.values()
    for column in task.columns
    if column.kind is not ColumnKind.IMAGE
    for name in (column.name, *column.aliases)
) | {"id", "split"}


@dataclass
class Grid:
    """A table that is being read: what it is called in messages, how it is to be read, and what was noticed."""

    name: str
    options: ReadOptions
    limits: Limits
    notes: list[Finding] = field(default_factory=list)
    skipped: SkipLog = field(default_factory=SkipLog)
    stray: int = 0
    ragged: int = 0

    def table(self, head: Iterable[Row], rows: Callable[[int], Iterable[Row]]) -> Table:
        """The table. `head` are its first rows, `rows(width)` all of them, read with the width of the first.

        Raises EmptyFile (no rows), DataError (no value), LimitError (too many rows).
        """
        titles, first = self._first_row(head)
        if titles:
            self.notes.append(note("title_rows", "Rows above the table were left out.", len(titles), titles, "warning"))
        body = self._fitting(rows(len(first.cells)), first)
        sample = list(islice(body, _HEADER_SAMPLE))
        names, named = self._names(first, sample)
        columns, lines = self._columns(names, chain(sample if named else [first, *sample], body))
        if self.stray:
            message = f"{plural(self.stray, 'row')} with a stray quotation mark were read without quoting."
            self.notes.append(note("stray_quotes", message, self.stray, severity="warning"))
        if self.ragged:
            message = f"{plural(self.ragged, 'row')} with too few or too many cells were taken all the same."
            self.notes.append(note("ragged_rows", message, self.ragged, severity="warning"))
        return Table(columns, lines, self.skipped, tuple(self.notes))

    def plain(self, names: Sequence[str], rows: Iterable[Row]) -> Table:
        """A table of rows that are known to fit: nothing is found out, blank rows are left out."""
        columns, lines = self._columns(names, self._fitting(rows, Row([""] * len(names), 0)))
        return Table(columns, lines, self.skipped, tuple(self.notes))

    def _first_row(self, head: Iterable[Row]) -> tuple[list[str], Row]:
        """The first row of the table proper, and the text of title rows above it (one cell over a wider table)."""
        rows = [row for row in islice(head, HEAD_ROWS) if any(map(str.strip, row.cells))]
        if not rows:
            raise EmptyFile(f"{self.name} is empty.", next="Add rows to it, then import it again.")
        filled = [sum(1 for cell in row.cells if cell.strip()) for row in rows]
        wide = sorted(filled)[len(filled) // 2] > 1
        start = next((i for i, n in enumerate(filled[:TITLE_ROWS]) if n > 1), 0) if wide else 0
        widths = [len(row.cells) for row in rows[:start] if not row.cells[0].strip().lower().startswith(_SEPARATOR)]
        if widths and max(widths) > 1 and widths[0] != len(rows[start].cells):
            start = 0
        return [" ".join(cell.strip() for cell in row.cells).strip() for row in rows[:start]], rows[start]

    def _fitting(self, rows: Iterable[Row], first: Row) -> Iterator[Row]:
        """The rows below the first that have as many cells as it; the others are listed, or made to fit."""
        width, count = len(first.cells), 0
        for row in rows:
            cells = row.cells
            if row.line <= first.line or not any(cells):
                continue
            if len(cells) != width and not self._made_fit(row, width):
                continue
            self.stray += row.stray
            count += 1
            if count > self.limits.rows:
                raise LimitError(
                    f"The table has more than {self.limits.rows:,} rows.",
                    next="Import a part of it, or raise STUDIO_LIMITS_ROWS.",
                )
            yield row

    def _made_fit(self, row: Row, width: int) -> bool:
        """Cut empty cells off a row that is too wide. Of other rows say why they do not fit, or take what fits."""
        cells = row.cells
        if not any(map(str.strip, cells)):
            return False
        if len(cells) < width or any(map(str.strip, cells[width:])):
            if not self.options.ragged:
                why = f"The row has {plural(len(cells), 'cell')} where the first row has {width}."
                self.skipped.add(str(row.line), why)
                return False
            self.ragged += 1
            cells.extend([""] * (width - len(cells)))
        del cells[width:]
        return True

    def _names(self, first: Row, sample: Sequence[Row]) -> tuple[list[str], bool]:
        """Column names, and whether they are those of the first row."""
        cells = [cell.strip() for cell in first.cells]
        header = self.options.header
        named = _dialect.has_header(cells, [row.cells for row in sample], KNOWN_NAMES) if header is None else header
        if named:
            return _dialect.clean_names(cells), True
        names = [f"column {i + 1}" for i in range(len(cells))]
        if header is None:
            message = (
                f"The first row looks like data, so the columns are called {', '.join(names[:3])}"
                f"{', ...' if len(names) > 3 else ''}. If it names the columns, import with --option header=yes."
            )
            self.notes.append(note("no_header", message, 1, [" | ".join(cells)], "warning"))
        return names, False

    def _columns(self, names: Sequence[str], rows: Iterable[Row]) -> tuple[dict[str, Cells], NDArray[np.int64]]:
        """Cells by column, trimmed; columns without a name and without a value are dropped."""
        spool, filled = Spool(self.options.scratch), [False] * len(names)
        for batch in _batches(rows):
            cells = [list(map(str.strip, column)) for column in zip(*(row.cells for row in batch), strict=True)]
            filled = [before or any(column) for before, column in zip(filled, cells, strict=True)]
            spool.add(dict(zip(names, cells, strict=True)), [row.line for row in batch])
        if not len(spool):
            raise self._no_rows()
        kept = {name for name, value in zip(names, filled, strict=True) if value or not name.startswith("column ")}
        if not kept:
            raise DataError("The table has no column with a value.")
        return {name: cells for name, cells in spool.columns().items() if name in kept}, spool.lines()

    def _no_rows(self) -> EmptyFile:
        what = f"{self.name} has a header but no rows."
        if self.skipped.count:
            what = f"{self.name} has no row that fits its header."
        where = f"Line {self.skipped.items[0].where}: {self.skipped.items[0].why}" if self.skipped.count else ""
        return EmptyFile(what, where=where, next="Add rows to it, then import it again.")


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows by the thousand, fewer where their cells are long."""
    batch: list[Row] = []
    letters = 0
    for row in rows:
        batch.append(row)
        letters += sum(map(len, row.cells))
        if len(batch) == BATCH_ROWS or letters > BATCH_LETTERS:
            yield batch
            batch, letters = [], 0
    if batch:
        yield batch
