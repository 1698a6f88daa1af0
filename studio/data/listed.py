"""Cells that hold several labels: a list, or names between separators; and how a list travels as one text.

Works on texts alone: knows neither rows nor files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from studio.data.notes import cut, note, plural
from studio.data.store import Finding

if TYPE_CHECKING:
    from studio.data.formats._spool import Cell

MARK = "\x1f"  # stands before each label of a list that is one text; alone it is a list of none
SEPARATORS = (";", "|", ",", "；", "、", "，")
_BRACKETS = ("[", "]")
_QUOTES = "'\""


def as_cell(labels: Iterable[str]) -> str:
    """Labels as one text that `labels_in` takes apart again."""
    return "".join(MARK + label for label in labels) or MARK


def is_list(cell: str) -> bool:
    """Whether a text is a list of labels for certain: made by `as_cell`, or written as JSON or Python do."""
    return cell.startswith(MARK) or (cell[:1], cell[-1:]) == _BRACKETS


def labels_in(cell: Cell, separator: str) -> list[str]:
    """The labels of a cell, each once, in their order; `separator` stands between them where the cell is no list, and
    is empty where each cell is one label."""
    if isinstance(cell, str):
        cell = cell.strip(" \t\r\n")
        parts = _parts(cell) if is_list(cell) else cell.split(separator) if separator else [cell]
    else:
        parts = cell
    return list(dict.fromkeys(label for part in parts if (label := " ".join(part.split()))))


def _parts(cell: str) -> list[str]:
    if cell.startswith(MARK):
        return cell.split(MARK)
    with suppress(ValueError, RecursionError):
        return [str(part) for part in json.loads(cell)]
    return [part.strip().strip(_QUOTES) for part in cell[1:-1].split(",")]


def separator_of(cells: Iterable[Cell]) -> str:
    """The sign that stands in the most cells; empty where none stands in any."""
    counts: Counter[str] = Counter()
    for cell in cells:
        if isinstance(cell, str) and not is_list(cell):
            counts.update(sign for sign in SEPARATORS if sign in cell)
    return max(SEPARATORS, key=lambda sign: counts[sign]) if counts else ""


def come_back(cells: Sequence[Cell]) -> bool:
    """Whether cells hold labels with a sign between them, some of which stand in other cells too."""
    different = list(dict.fromkeys(cell for cell in cells if isinstance(cell, str)))
    separator = separator_of(different)
    counts = Counter(label for cell in different for label in labels_in(cell, separator))
    return bool(separator or any(map(is_list, different))) and any(count > 1 for count in counts.values())


def shared(labels: Sequence[str]) -> list[str]:
    """The texts that look like several labels at once: parts of them come back in others; none where that is not so."""
    for separator in SEPARATORS:
        found = [label for label in labels if separator in label]
        parts = Counter(part for label in labels for part in {p.strip() for p in label.split(separator)} if part)
        returning = sum(1 for count in parts.values() if count > 1)
        if len(found) > 1 and len(parts) < len(labels) and returning * 2 >= len(parts):
            return found
    return []


def several_labels(labels: Sequence[str]) -> list[Finding]:
    """What to say where classes look like lists of labels."""
    found = shared(labels)
    if not found:
        return []
    message = (
        f"{plural(len(found), 'class looks', 'classes look')} like several labels at once, such as"
        f" '{cut(found[0])}'. Each combination counts as a class of its own; to learn the labels themselves, choose a"
        " task with several labels."
    )
    return [note("several_labels", message, len(found), found, "warning")]
