"""Carries out mends: those of findings, and labels that a person corrected. Runs in the importer process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.contracts import UNCLASSED
from studio.data.checks import CHECKS
from studio.data.checks._look import Look
from studio.data.rows import Rows, with_target
from studio.data.store import Mend

CORRECTED = "wrong_labels"  # the code of mends that a person made row by row
Pixels = NDArray[np.uint8] | None


def mend(rows: Rows, codes: Sequence[str], pixels: Pixels = None) -> Rows:
    """The rows after the mends of `codes`, in an order in which none undoes another."""
    for _, mended in _steps(rows, codes, pixels):
        rows = mended
    return rows


def carry_out(rows: Rows, request: Mapping[str, Any], pixels: Pixels) -> tuple[Rows, list[Mend]]:
    """The rows after a request's `corrections` and the mends of its `codes`, and what each of them did."""
    done = []
    corrections = {int(place): label for place, label in request.get("corrections", {}).items()}
    if corrections:
        kept = correct(rows, corrections)
        dropped = sum(label is None for label in corrections.values())
        done.append(Mend(code=CORRECTED, removed=dropped, changed=len(corrections) - dropped))
        rows = kept
    for code, mended in _steps(rows, request["codes"], pixels):
        removed = len(rows) - len(mended)
        done.append(Mend(code=code, removed=removed, changed=0 if removed else _changed(rows, mended)))
        rows = mended
    return rows, done


def _steps(rows: Rows, codes: Sequence[str], pixels: Pixels) -> Iterator[tuple[str, Rows]]:
    for code, check in CHECKS.items():
        if code in codes and check.mend is not None:
            rows = check.mend(Look(rows, pixels))
            yield code, rows


def _changed(rows: Rows, mended: Rows) -> int:
    """Rows with another input or another class."""
    if rows.task.target.kind in UNCLASSED:
        return int(np.count_nonzero(rows.keys != mended.keys))
    if rows.several:
        before, after = ([sorted(map(some.labels.__getitem__, one)) for one in _lists(some)] for some in (rows, mended))
        pairs = zip(before, after, rows.keys != mended.keys, strict=True)
        return sum(old != new or bool(key) for old, new, key in pairs)
    names, new = (np.array(some.labels, dtype=object) for some in (rows, mended))
    other = names[rows.classes()] != new[mended.classes()]
    if rows.tagged:
        return int(other.any())
    return int(np.count_nonzero(other | (rows.keys != mended.keys)))


def _lists(rows: Rows) -> list[list[int]]:
    found: list[list[int]] = rows.table.column(rows.task.target.name).to_pylist()
    return found


def correct(rows: Rows, corrections: Mapping[int, str | None]) -> Rows:
    """The rows with other classes at these places; None takes a row out. Classes are those the dataset has."""
    numbers = {label: number for number, label in enumerate(rows.labels)}
    classes, kept = rows.classes().copy(), np.ones(len(rows), dtype=bool)
    for place, label in corrections.items():
        kept[place] = label is not None
        classes[place] = classes[place] if label is None else numbers[label]
    table = with_target(rows.table, rows.task.target.name, pa.array(classes, type=pa.int64()))
    return replace(rows, table=table).take(kept)
