"""How a text is cut into the words that a model of tagged words reads one by one.

At blanks; and where it has learned from single characters of a script that is written without blanks, between those as
well: a whole sentence would be one word to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Chinese and Japanese characters with their punctuation, also full-width; in escapes that `re` reads itself.
_SIGNS = (
    r"\u3001-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffef"
    r"\U00020000-\U0003ffff\u201c\u201d\u2014\u2026\u00b7"
)
PIECE = rf"[{_SIGNS}]|[^\s{_SIGNS}]+"  # one of those, or what stands between them and blanks
_PIECE, _SIGN = re.compile(PIECE), re.compile(f"[{_SIGNS}]")
_MOST = 0.95  # share of the words with such characters that are single ones


def words(text: str, characters: bool) -> list[str]:
    """The words of a text, each of those characters one of its own if the model has learned from `characters`."""
    return _PIECE.findall(text) if characters else text.split()


def by_characters(rows: Iterable[Sequence[str]]) -> bool:
    """Whether the words of (a sample of) the training rows, where written without blanks, are single characters."""
    lengths = [len(word) for row in rows for word in row if _SIGN.search(word)]
    return bool(lengths) and lengths.count(1) >= _MOST * len(lengths)
