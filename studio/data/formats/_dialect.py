"""How a delimited text is laid out: which character separates cells, where rows end, whether row 1 names the columns.

Rows are read by Python's csv module in strict mode. Where that fails, one line is read without quoting and reading goes
on behind it: a stray quote that never closes costs at most its own line.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = (",", "\t", ";", "|")
_LONGEST_CELL = 10_000  # lines that one quoted cell may span
_SAMPLE_ROWS = 200
_HEADER_SAMPLE = 5_000
_NAME_LENGTH = 80  # a column name is shorter
_NUMBER = re.compile(r"^[+-]?[\d.,\s]*\d[\d.,\s]*([eE][+-]?\d+)?%?$")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells as they stand, the line on which the row begins, and whether a stray quote was in it."""

    cells: list[str]
    line: int
    stray: bool = False


def rows(lines: Sequence[str], delimiter: str, width: int | None = None) -> Iterator[Row]:
    """All rows but blank lines. `width`, if known, decides how a line with a stray quote is read."""
    start, total = 0, len(lines)
    while start < total:
        position = [start, start]  # next line to give out, first line of the current row
        reader = csv.reader(
            _window(lines, position), delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t"
        )
        try:
            for cells in reader:
                first, position[1] = position[1], position[0]
                if position[0] - first > 1 and delimiter == "\t" and _swallowed(lines[first : position[0]], width):
                    position[1] = first
                    break
                if cells:
                    yield Row(cells, first + 1)
            if position[1] >= total:
                return
        except csv.Error:
            pass
        bad = position[1]
        if bad >= total:
            return
        yield Row(_plain(lines[bad], delimiter, width), bad + 1, stray=True)
        start = bad + 1


def _window(lines: Sequence[str], position: list[int]) -> Iterator[str]:
    """Lines from `position[0]` on, as far as one row may reach."""
    while position[0] < len(lines) and position[0] - position[1] < _LONGEST_CELL:
        position[0] += 1
        yield lines[position[0] - 1]


def _swallowed(spanned: Sequence[str], width: int | None) -> bool:
    """Whether a "cell" of several lines is really whole rows between two stray quotes (tab-separated text only)."""
    return width is not None and all(line.count("\t") == width - 1 for line in spanned)


def _plain(line: str, delimiter: str, width: int | None) -> list[str]:
    """One line with a stray quote: quoted as far as possible if that gives the right number of cells, else unquoted."""
    lenient = next(csv.reader([line], delimiter=delimiter), [])
    if width is None or len(lenient) == width:
        return lenient
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])


def sniff(lines: Sequence[str], suffix: str) -> str:
    """The delimiter whose rows agree best on their number of cells."""
    expected = {".tsv": "\t", ".tab": "\t", ".psv": "|", ".csv": ","}.get(suffix)
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        score = _consistency(lines, delimiter) + (0.01 if delimiter == expected else 0.0)
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _consistency(lines: Sequence[str], delimiter: str) -> float:
    """Share of the first rows that have the usual number of cells; 0 if that is one."""
    head = lines[: 20 * _SAMPLE_ROWS]
    first = next((line for line in head if line.strip()), "")
    width = len(_plain(first, delimiter, None)) or None
    widths = []
    for row in rows(head, delimiter, width):
        if any(cell.strip() for cell in row.cells):
            widths.append(len(row.cells))
        if len(widths) == _SAMPLE_ROWS:
            break
    if not widths:
        return 0.0
    usual, count = Counter(widths).most_common(1)[0]
    return count / len(widths) if usual > 1 else 0.0


def has_header(first: Sequence[str], body: Sequence[Sequence[str]], known: frozenset[str]) -> bool:
    """Whether the first row names the columns. `known` are usual names, in lower case."""
    columns = [{row[i].strip() for row in body[:_HEADER_SAMPLE]} for i in range(len(first))]
    repeated = [bool(cell) and cell in values for cell, values in zip(first, columns, strict=True)]
    if any(cell.lower() in known and not again for cell, again in zip(first, repeated, strict=True)):
        return True
    few = [len(values) <= max(2, len(body) // 2) for values in columns]
    if any(again and (small or len(body) < 4) for again, small in zip(repeated, few, strict=True)):
        return False
    if any(len(cell) > _NAME_LENGTH for cell in first) or all(is_number(cell) for cell in first):
        return False
    numeric_below = [bool(values) and all(is_number(v) for v in values if v) for values in columns]
    return not any(is_number(cell) and below for cell, below in zip(first, numeric_below, strict=True)) or any(
        not is_number(cell) and below for cell, below in zip(first, numeric_below, strict=True)
    )


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, with decimal points or commas."""
    return bool(_NUMBER.match(cell.strip()))


def clean_names(cells: Sequence[str]) -> list[str]:
    """Column names without control characters, unique, and none of them empty."""
    names: list[str] = []
    for index, cell in enumerate(cells):
        base = " ".join("".join(c if c.isprintable() else " " for c in cell).split()) or f"column {index + 1}"
        name, number = base, 2
        while name in names:
            name, number = f"{base} ({number})", number + 1
        names.append(name)
    return names
