"""Rows in canonical form while they are gathered: inputs laid down as they come, classes numbered as they appear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.contracts import ColumnKind, Task
from studio.data.formats._spool import Spool
from studio.data.rows import Rows, sort_labels


@dataclass
class Canonical:
    """Rows in canonical form, piece by piece; classes are numbered in the order in which they appear, and `targets`
    are these numbers, or, where numbers are learned, those, or the places of answers."""

    spool: Spool
    ids: dict[str, int] = field(default_factory=dict)
    targets: list[NDArray[Any]] = field(default_factory=list)
    splits: list[NDArray[np.int8]] = field(default_factory=list)
    keys: list[NDArray[np.uint64]] = field(default_factory=list)

    def number(self, label: str) -> int:
        """The provisional number of a class."""
        return self.ids.setdefault(label, len(self.ids))

    def rows(self, task: Task, offsets: pa.Array | None = None) -> Rows:
        """The rows of all pieces, with the classes in order. `offsets` says where the targets of each row begin, where
        it has a list of them."""
        labels = sort_labels(list(self.ids))
        order = {label: number for number, label in enumerate(labels)}
        places = np.array([order[label] for label in self.ids], dtype=np.int64)
        found = np.concatenate(self.targets) if self.targets else np.zeros(0, dtype=np.int32)
        match task.target.kind:
            case ColumnKind.NUMBER:
                target = pa.array(found.astype(np.float64))
            case ColumnKind.ANSWERS:
                target = pa.array(found.astype(np.int64))
            case _:
                target = pa.array(places[found] if len(places) else places)
        columns = self.spool.columns()
        tagged = task.target.kind is ColumnKind.TAGS
        empty = pa.chunked_array([], type=pa.list_(pa.string()) if tagged else pa.string())
        learned = {task.target.name: target if offsets is None else pa.ListArray.from_arrays(offsets, target)}
        table = pa.table(
            {
                **{c.name: columns[c.name].arrow if c.name in columns else empty for c in task.inputs},
                **(learned if task.labelled else {}),
                "line": columns["line"].arrow if "line" in columns else pa.chunked_array([], type=pa.string()),
            }
        )
        splits = np.concatenate([np.zeros(0, dtype=np.int8), *self.splits])
        return Rows(task, table, labels, splits, np.concatenate([np.zeros(0, dtype=np.uint64), *self.keys]))
