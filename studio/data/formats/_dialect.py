"""How a delimited text is laid out: which character separates cells, where rows end, whether row 1 names the columns.

Rows are read by Python's csv module in strict mode. Where that fails, one line is read without quoting and reading goes
on behind it: a stray quote that never closes costs at most its own line.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from studio.data.numbers import is_number

DELIMITERS = (",", "\t", ";", "|")
_RARE = ("^", "~", "¦", "§", ":")
_NAMED = 0.004  # what the ending of the name counts for: less than one row of the sample
PLAUSIBLE, _CERTAIN = 0.8, 0.98  # share of rows with the usual number of cells that makes a table
_LONGEST_CELL = 10_000  # lines that one quoted cell may span
_SAMPLE_ROWS = 200
_HEADER_SAMPLE = 5_000
_NAME_LENGTH = 80  # a column name is shorter


class Row(NamedTuple):
    """Cells as they stand, the line on which the row begins, and whether a stray quote was in it."""

    cells: list[str]
    line: int
    stray: bool = False


class _Window:
    """The lines of a text one after the other; those of the row that is being read are remembered."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self.kept: list[str] = []
        self.given = 0  # of the lines kept, how many were read
        self.line = 1  # number of the first line kept

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.given == len(self.kept):
            if self.given >= _LONGEST_CELL:
                raise StopIteration
            self.kept.append(next(self._source))
        self.given += 1
        return self.kept[self.given - 1]

    def forget(self, count: int) -> None:
        """Go on behind the first `count` lines kept; the others are read once more."""
        del self.kept[:count]
        self.line += count
        self.given = 0


def rows(lines: Iterable[str], delimiter: str, width: int | None = None) -> Iterator[Row]:
    """All rows but blank lines. `width`, if known, decides how a line with a stray quote is read."""
    window, tabs = _Window(lines), delimiter == "\t"
    while True:
        reader = csv.reader(window, delimiter=delimiter, strict=True, skipinitialspace=not tabs)
        try:
            for cells in reader:
                if tabs and window.given > 1 and _swallowed(window.kept[: window.given], width):
                    break
                line = window.line
                window.forget(window.given)
                if cells:
                    yield Row(cells, line)
            else:
                return
        except csv.Error:
            pass
        if not window.kept:
            return
        yield Row(_plain(window.kept[0], delimiter, width), window.line, stray=True)
        window.forget(1)


def _swallowed(spanned: Sequence[str], width: int | None) -> bool:
    """Whether a "cell" of several lines is really whole rows between two stray quotes (tab-separated text only)."""
    return width is not None and all(line.count("\t") == width - 1 for line in spanned)


def _plain(line: str, delimiter: str, width: int | None) -> list[str]:
    """One line with a stray quote: quoted as far as possible if that gives the right number of cells, else unquoted."""
    lenient = next(csv.reader([line], delimiter=delimiter), [])
    if width is None or len(lenient) == width:
        return lenient
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])


def sniff(lines: Sequence[str], suffix: str) -> tuple[str, float]:
    """The delimiter whose rows agree best on their number of cells, and the share of rows in [0, 1] that do.

    Rare ones count only where none of the usual ones does and nearly all rows agree: they also stand in prose.
    """
    expected = {".tsv": "\t", ".tab": "\t", ".psv": "|", ".csv": ","}.get(suffix)
    best, share = ",", 0.0
    for delimiter in DELIMITERS:
        found = _consistency(lines, delimiter)
        if found + _NAMED * (delimiter == expected) > share + _NAMED * (best == expected) + 1e-9:
            best, share = delimiter, found
    for delimiter in _RARE if share < PLAUSIBLE else ():
        if (found := _consistency(lines, delimiter)) > max(share, _CERTAIN):
            best, share = delimiter, found
    return best, share


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
    numeric_below = [any(values) and all(is_number(v) for v in values if v) for values in columns]
    return not any(is_number(cell) and below for cell, below in zip(first, numeric_below, strict=True)) or any(
        not is_number(cell) and below for cell, below in zip(first, numeric_below, strict=True)
    )


def clean_names(cells: Sequence[str]) -> list[str]:
    """Column names without control characters, unique, and none of them empty."""
    names: dict[str, None] = {}
    numbers: Counter[str] = Counter()  # where to look on for a free name, of a base that is taken
    for index, cell in enumerate(cells):
        base = name = " ".join("".join(c if c.isprintable() else " " for c in cell).split()) or f"column {index + 1}"
        while name in names:
            numbers[base] += 1
            name = f"{base} ({numbers[base] + 1})"
        names[name] = None
    return list(names)
