"""Rows of texts without labels in canonical form: long texts are cut at ends of sentences, so that all of them is read.

What a network can read at once is known when training begins, and far less than a document; what is longer would be
cut off there. So rows are about as long as a paragraph, whatever reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

import numpy as np

from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.notes import note, plural
from studio.data.pieces import Counted, Piece, as_text
from studio.data.rows import Rows, text_keys
from studio.data.store import Finding
from studio.errors import LimitError
from studio.settings import Limits

LONGEST = 1_000  # letters of a row: about 250 tokens
_DENSE = 4  # letters that a sign of Chinese, Japanese or Korean counts for: it is about one token
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")  # of sentences


def rows(
    roles: Roles, parts: Iterable[Piece], canonical: Canonical, limits: Limits, skipped: SkipLog
) -> tuple[Rows, list[Finding]]:
    """One row for each text, or several where it is long. Raises LimitError."""
    empty, long = Counted(), Counted()
    name = roles.task.inputs[0].name
    for piece in parts:
        texts, lines, splits = list[str](), list[str](), list[int]()
        for cell, line, split in zip(piece.inputs, piece.lines, piece.splits.tolist(), strict=True):
            found = list(islice(cut(as_text(cell)), limits.rows + 1))  # so many are too many
            if not found:
                empty.add(line)
                skipped.add(line, "The text is empty.")
            elif len(found) > 1:
                long.add(line)
            texts += found
            if len(canonical.spool) + len(texts) > limits.rows:
                raise LimitError(f"There are more than {limits.rows:,} rows.", next="Import a part of them.")
            lines += [line] * len(found)
            splits += [split] * len(found)
        canonical.splits.append(np.array(splits, dtype=np.int8))
        canonical.keys.append(text_keys(texts))
        canonical.spool.add({name: texts, "line": lines}, range(len(texts)))
    notes = []
    if empty.count:
        message = f"{plural(empty.count, 'row has', 'rows have')} no text and cannot be used."
        notes.append(note("empty_texts", message, empty.count, empty.places, "warning"))
    if long.count:
        message = f"{plural(long.count, 'text was', 'texts were')} long and cut at ends of sentences into several rows."
        notes.append(note("cut_texts", message, long.count, long.places))
    return canonical.rows(roles.task), notes


def cut(text: str) -> Iterator[str]:
    """The text in pieces of at most `LONGEST` letters, at ends of sentences where there are such; none of an empty
    one."""
    together, size = "", 0
    for sentence in (piece for whole in _sentences(text) for piece in _short(whole)):
        weight = _weight(sentence)
        if together and size + weight > LONGEST:
            yield together.strip()
            together, size = "", 0
        together, size = together + sentence, size + weight
    if together.strip():
        yield together.strip()


def _sentences(text: str) -> list[str]:
    """Sentences with the space behind them."""
    edges = [0, *(match.end() for match in _ENDS.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(edges) if text[start:end].strip()]


def _short(sentence: str) -> Iterator[str]:
    """A sentence that is too long by itself in pieces, between words where it has any."""
    while _weight(sentence) > LONGEST:
        most = LONGEST // (_DENSE if _SIGNS.search(sentence[:LONGEST]) else 1)
        end = sentence.rfind(" ", most // 2, most) + 1 or most
        yield sentence[:end]
        sentence = sentence[end:]
    yield sentence


def _weight(text: str) -> int:
    return len(text) + (_DENSE - 1) * len(_SIGNS.findall(text))
