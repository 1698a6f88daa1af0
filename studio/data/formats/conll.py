"""CoNLL: one word per line with its tag in the last column, an empty line between sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _text
from studio.data.formats._records import Cell, Format, ReadOptions, SkipLog, Table
from studio.errors import EmptyFile, LimitError
from studio.settings import Limits

_SUFFIXES = (".conll", ".conll03", ".bio", ".iob", ".iob2", ".bmes")
_TAG = re.compile(r"^(O|[BIESLUM]-\S+)$")
_GAP = re.compile(r"[ \t]+")
_START = "-DOCSTART-"
_AROUND = " \t\r\n"
_HASH = ("# ", "#\t")
_ENOUGH = 0.9


def recognise(path: Path, head: bytes) -> bool:
    """Nearly every line ends in a tag of the B-, I-, O kind; or the name says CoNLL."""
    lines = [line for line in _text.head_text(head).splitlines()[:-1] if line.strip()][:500]
    tagged = sum(1 for line in lines if len(parts := _GAP.split(line.strip(" \t"))) > 1 and _TAG.match(parts[-1]))
    return path.suffix.lower() in _SUFFIXES or (len(lines) > 2 and tagged >= _ENOUGH * len(lines))


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """One row per sentence with the columns `tokens` and `tags`. A sentence with a line that has no tag is left out.

    Raises EmptyFile, DataError (not a text), LimitError.
    """
    decoded = _text.read(path, options.encoding)
    tokens: list[Cell] = []
    tags: list[Cell] = []
    starts: list[int] = []
    skipped = SkipLog()
    words: list[tuple[str, str]] = []
    first, broken = 0, False
    lines = decoded.lines()
    shapes = _shapes(lines)
    for number, line in enumerate([*lines, ""], start=1):
        parts = _parts(line, shapes)
        if parts and parts[0] != _START:
            first = first if words else number
            words.append((parts[0], parts[-1]))
            if len(parts) == 1 and not broken:
                broken = True
                skipped.add(
                    str(number), f"The word has no tag; its sentence, which begins on line {first}, is left out."
                )
            continue
        if words and not broken:
            starts.append(first)
            tokens.append([word for word, _ in words])
            tags.append([tag for _, tag in words])
            if len(starts) > limits.rows:
                raise LimitError(f"{path.name} has more than {limits.rows:,} sentences.", next="Import a part of it.")
        words, broken = [], False
    if not starts:
        raise EmptyFile(
            f"{path.name} holds no sentence with tags.", next="Expected on each line: a word, a space, a tag."
        )
    return Table({"tokens": tokens, "tags": tags}, starts, skipped, tuple(decoded.notes()))


def _shapes(lines: Sequence[str]) -> set[tuple[int, str]]:
    """The number of columns and the tag of every line that cannot be a comment."""
    parts = [_GAP.split(line.strip(_AROUND)) for line in lines if not line.startswith(_HASH)]
    return {(len(columns), columns[-1]) for columns in parts if len(columns) > 1}


def _parts(line: str, shapes: set[tuple[int, str]]) -> list[str]:
    """The columns of a line. Only spaces and tabs separate: a word may be another kind of space.

    A line that begins with "#" is a comment, unless it has as many columns as others and a tag as they have.
    """
    bare = line.strip(_AROUND)
    columns = _GAP.split(bare) if bare else []
    if not columns or columns[0] != "#" or len(columns) == 1:
        return columns
    is_word = (len(columns), columns[-1]) in shapes or (len(columns) == 2 and _TAG.match(columns[-1]))
    return columns if is_word else []


FORMAT = Format(name="conll", label="CoNLL words and tags", modality=Modality.TEXT, recognise=recognise, read=read)
