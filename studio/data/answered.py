"""Rows of questions with answers that stand in a text, in canonical form: where in it each answer begins and ends.

A row may say where (columns of starts, as in SQuAD); else the answer is looked for. An empty cell is no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from studio.contracts import ColumnKind, Task
from studio.data.canonical import Canonical
from studio.data.columns import Roles, by_name
from studio.data.formats._records import SkipLog, Table
from studio.data.formats._spool import Cell
from studio.data.notes import note, plural
from studio.data.pieces import Counted, Piece, as_text
from studio.data.places import start_of
from studio.data.rows import Rows, text_keys
from studio.data.store import Finding

_SAMPLE = 200  # rows whose answers are looked for in their texts
_FOUND = 0.5  # share of those answers that are there, where the columns are meant so


def rows(roles: Roles, parts: Iterable[Piece], canonical: Canonical, skipped: SkipLog) -> tuple[Rows, list[Finding]]:
    """One question a row, with its text and the places of its answers."""
    first, second = (column.name for column in roles.task.inputs)
    empty, lost = Counted(), Counted()
    counts = [0]
    for piece in parts:
        questions, contexts = list(map(as_text, piece.inputs)), list(map(as_text, piece.others[second]))
        kept, flat = list[int](), list[int]()
        for number, line in enumerate(piece.lines):
            said = bool(questions[number].strip() and contexts[number].strip())
            places = _places(contexts[number], piece.targets[number], piece.starts[number]) if said else None
            if places is None:
                (lost if said else empty).add(line)
                skipped.add(line, "None of its answers stands in the text." if said else "The text is empty.")
                continue
            kept.append(number)
            counts.append(len(places))
            flat += places
        columns = [[cells[number] for number in kept] for cells in (questions, contexts)]
        canonical.targets.append(np.array(flat, dtype=np.int64))
        canonical.splits.append(piece.splits[kept])
        canonical.keys.append(text_keys(*columns))
        lines = [piece.lines[number] for number in kept]
        canonical.spool.add({first: columns[0], second: columns[1], "line": lines}, range(len(kept)))
    offsets = pa.array(np.cumsum(counts), pa.int32())
    return canonical.rows(roles.task, offsets), _notes(empty, lost)


def _places(context: str, answers: Cell, starts: Cell) -> list[int] | None:
    """Begin and end of each answer that is there, one after the other; None where there are answers, but none there."""
    wanted = [answers] if isinstance(answers, str) else answers
    wanted = [answer for answer in wanted if answer.strip()]
    numbers = [int(start) if start.isdecimal() else None for start in _list(starts)]
    numbers += [None] * (len(wanted) - len(numbers))
    spans: dict[tuple[int, int], None] = {}
    for answer, number in zip(wanted, numbers, strict=False):
        start = start_of(context, answer, number)
        if start >= 0:
            spans[start, start + len(answer)] = None
    return [edge for span in spans for edge in span] if spans or not wanted else None


def _list(starts: Cell) -> list[str]:
    return starts.replace(",", " ").split() if isinstance(starts, str) else [start.strip() for start in starts]


def _notes(empty: Counted, lost: Counted) -> list[Finding]:
    notes = []
    if empty.count:
        message = f"{plural(empty.count, 'row has', 'rows have')} no text and cannot be used."
        notes.append(note("empty_texts", message, empty.count, empty.places, "warning"))
    if lost.count:
        message = f"{plural(lost.count, 'row has', 'rows have')} no answer that stands in its text, and cannot be used."
        notes.append(note("lost_answers", message, lost.count, lost.places, "warning"))
    return notes


def looks_placed(table: Table, task: Task) -> bool:
    """Whether a table has the columns of such a task by their headers, and most answers stand in their texts."""
    names = list(table.columns)
    found = {column.kind: by_name(column, names) for column in reversed(task.columns)}
    used = [by_name(column, names) for column in task.columns]
    if None in used or len(set(used)) < len(used) or found.get(ColumnKind.ANSWERS) is None:
        return False
    return _share(table.columns, used[-2] or "", used[-1] or "") >= _FOUND


def _share(columns: Mapping[str, Sequence[Cell]], context: str, answers: str) -> float:
    """The share of the answers that stand in their texts, in a sample of the rows."""
    step = max(1, len(columns[context]) // _SAMPLE)
    pairs = zip(columns[context][::step], columns[answers][::step], strict=True)
    there = [_places(as_text(text), cell, "") for text, cell in pairs if as_text(cell).strip()]
    return sum(one is not None for one in there) / len(there) if there else 0.0
