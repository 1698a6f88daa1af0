"""Plain text: one text per line, where no table is meant. Lines may begin with their class as fastText writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _dialect, _text, delimited
from studio.data.formats._dialect import Row
from studio.data.formats._grid import KNOWN_NAMES, Grid
from studio.data.formats._records import Format, Table
from studio.data.reading import ReadOptions
from studio.settings import Limits

_SUFFIXES = (".txt", ".text", ".md", "")
_HEAD_LINES = 1_000
_LABEL = "__label__"
_LABELLED = re.compile(rf"((?:{_LABEL}\S+(?:\s+|$))+)(.*)", re.DOTALL)


def recognise(path: Path, head: bytes) -> bool:
    """A text whose lines do not agree on a number of cells, and whose name is not that of a table."""
    text = _text.head_text(head)
    lines = text.splitlines(keepends=True)[:_HEAD_LINES]
    if path.suffix.lower() not in _SUFFIXES or "\0" in text or text.count("\ufffd") > len(text) // 2:
        return False
    return _classes_first(lines) or _dialect.sniff(lines, path.suffix.lower())[1] < _dialect.PLAUSIBLE


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """One row per line that is not blank, with the column `text`, and `label` where the lines say it: lists where
    any of them says several.

    With a delimiter in the options it is a table after all. Raises EmptyFile, DataError (not a text), LimitError.
    """
    if options.delimiter:
        return delimited.read(path, options, limits)
    text = _text.read(path, options.encoding)
    head = text.head(_HEAD_LINES)
    grid = Grid(path.name, options, limits, text.notes())
    if _classes_first(head):
        rows = (Row([" ".join(labels), rest], number) for labels, rest, number in _labelled(text.lines()))
        table = grid.plain(["label", "text"], rows)
        if all(len(labels) < 2 for labels, _, _ in _labelled(text.lines())):
            return table
        return replace(table, columns={**table.columns, "label": table.columns["label"].lists_by(str.split)})
    first = head[0].strip() if head else ""  # a byte order mark may be all there is
    named = first.lower() in KNOWN_NAMES if options.header is None else options.header
    names = _dialect.clean_names([first]) if named else ["text"]
    rows = (Row([line], number) for number, line in enumerate(text.lines(), 1) if number > named and line.strip())
    return grid.plain(names, rows)


def _classes_first(lines: list[str]) -> bool:
    filled = [line for line in lines if line.strip()]
    return bool(filled) and sum(1 for line in filled if _LABELLED.match(line)) > _dialect.PLAUSIBLE * len(filled)


def _labelled(lines: Iterable[str]) -> Iterator[tuple[list[str], str, int]]:
    """The labels before each text that is not blank, the text, and the number of its line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            found = _LABELLED.match(line)
            labels = found.group(1).split() if found else []
            yield [label.removeprefix(_LABEL) for label in labels], found.group(2) if found else line, number


FORMAT = Format(
    name="plain_text", label="plain text, one text per line", modality=Modality.TEXT, recognise=recognise, read=read
)
