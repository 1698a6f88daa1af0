"""Where an answer stands in its text."""

from __future__ import annotations

import re


def start_of(context: str, answer: str, said: int | None = None) -> int:
    """The character at which an answer begins: where it is said to if it stands there, else the place nearest to that;
    -1 where it does not stand in the text."""
    wanted = max(0, said or 0)
    if not answer:
        return -1
    if said is not None and context[wanted : wanted + len(answer)] == answer:
        return wanted
    found = [match.start() for match in re.finditer(re.escape(answer), context)]
    return min(found, key=lambda start: abs(start - wanted), default=-1)
