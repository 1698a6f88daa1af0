"""CoNLL: one word per line with its tag in the last column, an empty line between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _text
from studio.data.formats._records import Format, SkipLog, Table
from studio.data.formats._spool import Cell, Spool
from studio.data.formats._text import Text
from studio.data.reading import ReadOptions
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits

_SUFFIXES = (".conll", ".conll03", ".bio", ".iob", ".iob2", ".bmes")
_TAG = re.compile(r"^(O|[BIESLUM]-\S+)$")
_GAP = re.compile(r"[ \t]+")
_START = "-DOCSTART-"
_AROUND = " \t\r\n"
_HASH = ("# ", "#\t")
_ENOUGH = 0.9
_LONGEST = 100_000  # words of a sentence; a file without empty lines is no list of sentences
_SHAPES = 10_000  # different ones that are remembered; tags have far fewer
BATCH_SENTENCES = 4_096


def recognise(path: Path, head: bytes) -> bool:
    """Nearly every line ends in a tag of the B-, I-, O kind; or the name says CoNLL."""
    lines = [line for line in _text.head_text(head).splitlines()[:-1] if line.strip()][:500]
    tagged = sum(1 for line in lines if len(parts := _GAP.split(line.strip(" \t"))) > 1 and _TAG.match(parts[-1]))
    return path.suffix.lower() in _SUFFIXES or (len(lines) > 2 and tagged >= _ENOUGH * len(lines))


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """One row per sentence with the columns `tokens` and `tags`. A sentence with a line that has no tag is left out.

    Raises EmptyFile, DataError (not a text), LimitError.
    """
    text = _text.read(path, options.encoding)
    spool, skipped = Spool(options.scratch), SkipLog()
    tokens: list[Cell] = []
    tags: list[Cell] = []
    starts: list[int] = []
    for start, words in _sentences(text, skipped):
        starts.append(start)
        tokens.append([word for word, _ in words])
        tags.append([tag for _, tag in words])
        if len(spool) + len(starts) > limits.rows:
            raise LimitError(f"{path.name} has more than {limits.rows:,} sentences.", next="Import a part of it.")
        if len(starts) == BATCH_SENTENCES:
            spool.add({"tokens": tokens, "tags": tags}, starts)
            tokens, tags, starts = [], [], []
    spool.add({"tokens": tokens, "tags": tags}, starts)
    if not len(spool):
        raise EmptyFile(
            f"{path.name} holds no sentence with tags.", next="Expected on each line: a word, a space, a tag."
        )
    return Table(spool.columns(), spool.lines(), skipped, tuple(text.notes()))


def _sentences(text: Text, skipped: SkipLog) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Sentences as words with their tags, and the line on which each begins; those with a word without tag listed."""
    words: list[tuple[str, str]] = []
    first, broken, length = 0, False, 0
    shapes = _shapes(text)
    for number, line in enumerate(chain(text.lines(), [""]), start=1):
        parts = _parts(line, shapes)
        if parts and parts[0] != _START:
            first, length = (first if words else number), length + 1
            if length > _LONGEST:
                raise DataError(
                    f"A sentence has more than {_LONGEST:,} words.",
                    where=f"It begins on line {first}.",
                    next="Put an empty line between sentences.",
                )
            words.append((parts[0], parts[-1]))
            if len(parts) == 1 and not broken:
                broken = True
                why = f"The word has no tag; its sentence, which begins on line {first}, is left out."
                skipped.add(str(number), why)
            continue
        if words and not broken:
            yield first, words
        words, broken, length = [], False, 0


def _shapes(text: Text) -> set[tuple[int, str]]:
    """The number of columns and the tag of every line that cannot be a comment."""
    found: set[tuple[int, str]] = set()
    for line in text.lines():
        columns = _GAP.split(line.strip(_AROUND)) if not line.startswith(_HASH) else []
        if len(columns) > 1 and len(found) < _SHAPES:
            found.add((len(columns), columns[-1]))
    return found


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
