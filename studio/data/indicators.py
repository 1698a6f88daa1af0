"""Several columns of 0 and 1 that name the class or the classes of a row together: made one column of labels.

For a task with one class for each row only where no row has more than one 1 ("one-hot"). Columns that may be 1 together
mean several labels for a row: a task that learns those gets a column of lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.contracts import ColumnKind, Task
from studio.data.columns import by_header
from studio.data.formats._records import Table
from studio.data.formats._spool import Cells
from studio.data.notes import note
from studio.data.numbers import INDICATORS

_FEWEST = 2
_MOST = 200  # such columns
_FILLED = 0.9  # share of the rows that have a class


def prepared(table: Table, task: Task, wanted: str | None) -> Table:
    """The table with a column of labels made of such columns, where it has no other: the one `wanted` is not there,
    or none is and no column has the name of one."""
    kind = task.target.kind
    if kind not in (ColumnKind.LABEL, ColumnKind.LABELS) or (wanted is not None and wanted in table.columns):
        return table
    if wanted is None and by_header(task.target, list(table.columns)):
        return table
    return _listed(table, task.target.name) if kind is ColumnKind.LABELS else _merged(table, task.target.name)


def together(table: Table) -> bool:
    """Whether there are such columns, and rows in which several of them are 1."""
    found = _indicators(table)
    return _FEWEST <= len(found) <= _MOST and int(_counts(table, found).max(initial=0)) > 1


def _counts(table: Table, found: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.int16]:
    """[n] how many of these columns say 1."""
    none = np.zeros(len(table), dtype=np.int16)
    return np.asarray(sum((ones.astype(np.int16) for ones in found.values()), none), dtype=np.int16)


def _indicators(table: Table) -> dict[str, NDArray[np.bool_]]:
    """Where each of these columns says 1; of too many columns not all."""
    found: dict[str, NDArray[np.bool_]] = {}
    for name, cells in table.columns.items():
        ones = _ones(cells) if len(found) <= _MOST else None
        if ones is not None:
            found[name] = ones
    return found


def _merged(table: Table, title: str) -> Table:
    found = _indicators(table)
    names = list(found)
    counts = _counts(table, found)
    if not _FEWEST <= len(names) <= _MOST or counts.max() > 1 or (counts == 1).mean() < _FILLED:
        return table
    places = np.full(len(table), len(names), dtype=np.int16)
    for place, ones in enumerate(found.values()):
        places[ones] = place
    labels = pa.DictionaryArray.from_arrays(pa.array(places), pa.array([*names, ""])).cast(pa.string())
    message = f"{len(names)} columns of 0 and 1 were read as one label: {', '.join(names[:5])}."
    columns = {**table.columns, title: Cells(pa.chunked_array([labels]))}
    return replace(table, columns=columns, notes=(*table.notes, note("indicators", message, len(names), names)))


def _listed(table: Table, title: str) -> Table:
    found = _indicators(table)
    names = list(found)
    if not _FEWEST <= len(names) <= _MOST:
        return table
    rows, places = np.nonzero(np.column_stack(list(found.values())))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(table)))])
    values = pa.array(names).take(pa.array(places))
    lists = pa.ListArray.from_arrays(pa.array(offsets, type=pa.int32()), values)
    message = f"{len(names)} columns of 0 and 1 were read as labels: {', '.join(names[:5])}."
    columns = {**table.columns, title: Cells(pa.chunked_array([lists]))}
    return replace(table, columns=columns, notes=(*table.notes, note("indicators", message, len(names), names)))


def _ones(cells: Cells) -> NDArray[np.bool_] | None:
    """Where a column of 0 and 1 says 1; None for a column of something else."""
    if cells.lists or len(cells) == 0:
        return None
    head = set(cells[:1_000])
    pair = next((pair for pair in INDICATORS if head <= set(pair)), None)
    if pair is None or not pc.all(pc.is_in(cells.arrow, value_set=pa.array(pair))).as_py():
        return None
    ones = np.asarray(pc.equal(cells.arrow, pair[1]), dtype=np.bool_)
    return ones if ones.any() and not ones.all() else None
