"""Tag schemes of words: IOB1, BIOES, BILOU, BMES and bare types, all turned into BIO (IOB2).

In BIO every entity begins with B-, goes on with I-, and O stands outside. Scheme names as in
https://en.wikipedia.org/wiki/Inside-outside-beginning_(tagging).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

OUTSIDE = "O"
_NUMBER = re.compile(r"^[+-]?\d+$")
_BEGIN, _INSIDE = ("B", "S", "U"), ("I", "E", "L", "M")


def typed(tags: Iterable[str]) -> bool:
    """Whether the tags are bare types ("PER", "O") without a place in the entity.

    Where nothing stands outside, as with parts of speech, each word has a class of its own and there are no entities.
    """
    found = set(tags)
    others = found - {OUTSIDE}
    return OUTSIDE in found and bool(others) and not any(_split(tag)[0] for tag in others)


def numbered(tags: Iterable[str]) -> bool:
    """Whether all tags are whole numbers, whose names another file must hold."""
    found = set(tags)
    return bool(found) and all(_NUMBER.match(tag) for tag in found)


def to_bio(tags: Sequence[str], bare: bool) -> list[str]:
    """One sentence's tags in BIO. `bare` tags are types: neighbours of one type are one entity."""
    result = []
    previous = ""
    for tag in tags:
        place, kind = ("I", tag) if bare and tag != OUTSIDE else _split(tag)
        if tag == OUTSIDE or not place:
            result.append(tag)
            previous = ""
            continue
        result.append(("I-" if place in _INSIDE and previous == kind else "B-") + kind)
        previous = kind if place not in ("E", "L", "S", "U") else ""
    return result


def _split(tag: str) -> tuple[str, str]:
    place, dash, kind = tag.partition("-")
    return (place, kind) if dash and kind and place in (*_BEGIN, *_INSIDE) else ("", tag)
