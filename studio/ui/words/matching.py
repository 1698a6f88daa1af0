"""Sentences of the core in Chinese: each is recognised by the templates of the table, and said with the same values.

The core speaks English, in processes that know no page. What is not recognised stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

from studio.ui.words.sentences import SENTENCES
from studio.ui.words.values import PARTS, VALUES

_LONGEST = 2_000  # characters that are looked at
_WITHIN = r"(?:(?![.!?] [A-Z]).)"  # what is filled in goes over no border of sentences
_NEXT = re.compile(r"[.!?:] (?=\S)")


def chinese(said: str) -> str:
    """One or more sentences of the core, those that are known in Chinese."""
    if len(said) > _LONGEST:
        return said
    return "".join(_sentences(said)).rstrip()


def _sentences(rest: str) -> Iterator[str]:
    while rest:
        found = _recognised(rest)
        if found is None:
            border = _NEXT.search(rest)
            end = border.end() if border else len(rest)
            yield rest[:end]
        else:
            end, words = found
            yield words
        rest = rest[end:].lstrip(" ")


def _recognised(rest: str) -> tuple[int, str] | None:
    """Where the sentence that `rest` begins with ends, and the same in Chinese. Of two templates that fit, the one that
    says more itself is meant."""
    for pattern, quoted, template in _patterns():
        found = pattern.match(rest)
        if found:  # what stands in quotes is somebody's own word, but for the names of tasks
            groups = found.groupdict().items()
            values = {name: value if name in quoted else _value(name, value) for name, value in groups}
            return found.end(), template.format(**values)
    return None


def _value(name: str, value: str) -> str:
    match name:
        case "allowed":
            return VALUES.get(value) or "".join(PARTS.get(part, f" {part} ") for part in _PART.split(value)).strip()
        case "wanted":
            return VALUES.get(value) or "、".join(VALUES.get(part, part) for part in value.split(" and "))
        case "formats":
            return "；".join(VALUES.get(part, part) for part in value.split("; "))
        case "spot":
            return _COLUMN.sub(r"第 \1 列", _LINE.sub(r"第 \1 行", value))
        case "cells":
            return value.removesuffix("s").removesuffix(" cell")
        case _:
            return VALUES.get(value, value)


_LINE, _COLUMN = re.compile(r"line (\d+), "), re.compile(r"column (\d+)")
_QUOTED = re.compile(r"'\{(\w+)\}'")
_PART = re.compile(rf" ?\b({'|'.join(PARTS)})\b ?")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], frozenset[str], str], ...]:
    ordered = sorted(SENTENCES, key=lambda english: -len(re.sub(r"{\w+}", "", english)))
    return tuple(
        (re.compile(_pattern(english) + r"(?= |$)"), frozenset(_QUOTED.findall(english)) - {"task"}, SENTENCES[english])
        for english in ordered
    )


def _pattern(english: str) -> str:
    parts = Formatter().parse(english)
    return "".join(re.escape(text) + (f"(?P<{name}>{_WITHIN}+?)" if name else "") for text, name, _, _ in parts)


def places(template: str) -> set[str]:
    """The names of what a template is filled with."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}
