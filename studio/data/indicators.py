"""Several columns of 0 and 1 that name the class of a row together ("one-hot"): made one column of labels.

Only where no row has more than one 1. Columns that may be 1 together mean several labels for a row, which is another
thing; they are left as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from studio.contracts import ColumnKind, Task
from studio.data.columns import INDICATORS, by_header
from studio.data.formats._records import Table
from studio.data.formats._spool import Cells
from studio.data.notes import note

_FEWEST = 2
_MOST = 200  # such columns
_FILLED = 0.9  # share of the rows that have a class


def prepared(table: Table, task: Task, wanted: str | None) -> Table:
    """The table with a column of labels made of such columns, where it has no other: the one `wanted` is not there,
    or none is and no column has the name of one."""
    if task.target.kind is not ColumnKind.LABEL or (wanted is not None and wanted in table.columns):
        return table
    return table if wanted is None and by_header(task.target, list(table.columns)) else _merged(table, task.target.name)


def _merged(table: Table, title: str) -> Table:
    counts, places = np.zeros(len(table), dtype=np.int16), np.zeros(len(table), dtype=np.int16)
    names: list[str] = []
    for name, cells in table.columns.items():
        ones = _ones(cells) if len(names) <= _MOST else None
        if ones is not None:
            counts += ones
            places[ones] = len(names)
            names.append(name)
    if not _FEWEST <= len(names) <= _MOST or counts.max() > 1 or (counts == 1).mean() < _FILLED:
        return table
    places[counts == 0] = len(names)
    labels = pa.DictionaryArray.from_arrays(pa.array(places), pa.array([*names, ""])).cast(pa.string())
    message = f"{len(names)} columns of 0 and 1 were read as one label: {', '.join(names[:5])}."
    columns = {**table.columns, title: Cells(pa.chunked_array([labels]))}
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
