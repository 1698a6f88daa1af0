"""Cells on their way from a file to a table: kept as Arrow batches, and on disk once they are many.

Memory stays the same however large the file is. The parts on disk are mapped into memory and have no name any more, so
they are gone with the process.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.data.process_limits import allow_mapping
from studio.errors import storage_errors

Cell: TypeAlias = str | list[str]

_NOTHING = "\0"  # stands in for the columns of a batch that has none; no reader lets NULs through
_TEXT, _LIST = pa.string(), pa.list_(pa.string())
_IN_MEMORY = 32 * 2**20  # bytes of one part
BATCH_ROWS, BATCH_LETTERS = 16_384, 8_000_000  # of what readers hand over at once


class Cells(Sequence[Cell]):
    """One column of texts, or of lists of texts. `arrow` is the column itself; indexing gives Python values."""

    def __init__(self, arrow: pa.ChunkedArray) -> None:
        self.arrow = arrow

    @classmethod
    def of(cls, values: Sequence[Cell]) -> Cells:
        """A column made of Python values."""
        return cls(pa.chunked_array([_array(values)]))

    @property
    def lists(self) -> bool:
        """Whether the cells are lists."""
        return bool(self.arrow.type == _LIST)

    def lists_by(self, apart: Callable[[str], list[str]]) -> Cells:
        """A column of texts as one of lists: each text taken apart."""
        chunks = [pa.array([apart(cell) for cell in chunk.to_pylist()], type=_LIST) for chunk in self.arrow.chunks]
        return Cells(pa.chunked_array(chunks, type=_LIST))

    def __len__(self) -> int:
        return len(self.arrow)

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> list[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | list[Cell]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            chosen = self.arrow.slice(start, max(0, stop - start))
            found: list[Cell] = (
                chosen if step == 1 else chosen.take(pa.array(range(0, len(chosen), step), pa.int64()))
            ).to_pylist()
            return found
        cell: Cell = self.arrow[place].as_py()
        return cell

    def __iter__(self) -> Iterator[Cell]:
        for chunk in self.arrow.chunks:
            yield from chunk.to_pylist()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Spool:
    """Takes batches of columns; `columns` and `lines` are what they make together.

    A column that a batch lacks is empty there. A column with lists in some rows and texts in others holds lists if
    more than half of its filled cells are lists, else texts.
    """

    def __init__(self, scratch: Path | None) -> None:
        self._scratch = scratch
        self._parts: list[pa.Table] = []
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._lines = array("q")
        self._filled: Counter[str] = Counter()
        self._lists: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, columns: Mapping[str, Sequence[Cell]], lines: Sequence[int]) -> None:
        """Add rows: one sequence of cells per column, all as long as `lines`."""
        self.add_arrow({name: _array(cells) for name, cells in columns.items()}, lines)

    def add_arrow(self, columns: Mapping[str, pa.Array], lines: Sequence[int]) -> None:
        """Add rows whose columns are Arrow arrays of texts or of lists of texts, without nulls."""
        for name, column in columns.items():
            filled = len(column) - _blank(column)
            self._filled[name] += filled
            self._lists[name] += filled if column.type == _LIST else 0
        if not len(lines):
            return
        batch = pa.table(dict(columns) or {_NOTHING: pa.array([""] * len(lines))})
        self._lines.extend(lines)
        self._waiting.append(batch)
        self._bytes += batch.nbytes
        if self._scratch is not None and self._bytes > _IN_MEMORY:
            self._lay_down(self._scratch)

    def _lay_down(self, scratch: Path) -> None:
        """Write what waits to files without names, batches of one schema into one, and map them."""
        groups: list[list[pa.Table]] = []
        for batch in self._waiting:
            if groups and groups[-1][0].schema == batch.schema:
                groups[-1].append(batch)
            else:
                groups.append([batch])
        with storage_errors("Could not lay down the rows."):
            self._parts += [_mapped(pa.concat_tables(group), scratch) for group in groups]
        self._waiting, self._bytes = [], 0

    def filled(self, name: str) -> int:
        """How many cells of a column are not empty."""
        return self._filled[name]

    def lines(self) -> NDArray[np.int64]:
        """[n] the line on which each row begins."""
        return np.array(self._lines, dtype=np.int64)

    def columns(self) -> dict[str, Cells]:
        """Every column over all batches, in the order in which they appeared."""
        batches = [(batch, set(batch.column_names)) for batch in (*self._parts, *self._waiting)]  # listed once: slow
        names = dict.fromkeys(name for batch, _ in batches for name in batch.column_names)
        return {name: Cells(self._column(name, batches)) for name in names if name != _NOTHING}

    def _column(self, name: str, batches: Sequence[tuple[pa.Table, set[str]]]) -> pa.ChunkedArray:
        kind = _LIST if self._lists[name] * 2 > self._filled[name] else _TEXT
        chunks: list[pa.Array] = []
        for batch, there in batches:
            found = batch.column(name).chunks if name in there else [_empty(kind, batch.num_rows)]
            chunks += [_as(kind, chunk) for chunk in found]
        return pa.chunked_array(chunks, type=kind)


def _mapped(table: pa.Table, scratch: Path) -> pa.Table:
    handle, name = tempfile.mkstemp(prefix="rows-", dir=scratch)
    os.close(handle)
    path = Path(name)
    try:
        with pa.OSFile(name, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
        allow_mapping(path.stat().st_size)
        return pa.ipc.open_file(pa.memory_map(name)).read_all()
    finally:
        path.unlink()


def _array(cells: Sequence[Cell]) -> pa.Array:
    """Texts as texts; as soon as one cell is a list, all as lists."""
    try:
        return pa.array(cells, type=_TEXT)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([cell if isinstance(cell, list) else [cell] if cell else [] for cell in cells], type=_LIST)


def _blank(column: pa.Array) -> int:
    """How many cells are empty."""
    lengths = pc.list_value_length(column) if column.type == _LIST else pc.binary_length(column)
    return int(pc.sum(pc.equal(lengths, 0)).as_py() or 0)


def _empty(kind: pa.DataType, count: int) -> pa.Array:
    cells: list[Cell] = [[] if kind == _LIST else ""]
    return pa.array(cells * count, type=kind)


def _as(kind: pa.DataType, column: pa.Array) -> pa.Array:
    if column.type == kind:
        return column
    if kind == _LIST:
        return pa.array([[cell] if cell else [] for cell in column.to_pylist()], type=_LIST)
    return pa.array([" ".join(cell) for cell in column.to_pylist()], type=_TEXT)
