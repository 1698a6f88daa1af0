"""Text that is safe to show in a terminal and fits into columns.

File names, labels and messages come from strangers: an escape sequence in them could repaint the screen, a
bidirectional mark could turn a name around. What is not printable is shown as a visible stand-in.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

_PICTURES = 0x2400  # U+2400 to U+2420 are pictures of U+0000 to U+0020
_DELETE = 0x7F


def visible(text: str) -> str:
    """`text` on one line, every control character, bidirectional mark and lone surrogate made visible."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def visible_lines(text: str) -> str:
    """As `visible`, but line breaks stay and tabs become spaces."""
    return "\n".join(visible(line) for line in text.expandtabs(4).split("\n"))


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "\u2421"
    if character.isprintable() or character == "\u00a0" or unicodedata.category(character) == "Zs":
        return character
    return f"<U+{code:04X}>"


def width(text: str) -> int:
    """How many columns `text` takes: two for a wide East Asian character, none for a combining mark."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int, mark: str = "...") -> str:
    """`text` in at most `columns` columns; what is cut off is replaced by `mark`."""
    if width(text) <= columns:
        return text
    kept, used, room = [], 0, columns - width(mark)
    for character in text:
        used += _columns(character)
        if used > room:
            break
        kept.append(character)
    return "".join(kept) + mark[: max(0, columns)]


def pad(text: str, columns: int, right: bool = False) -> str:
    """`text` filled with spaces to `columns` columns, on its left side if `right`."""
    filling = " " * max(0, columns - width(text))
    return filling + text if right else text + filling


def draws_unicode(stream: TextIO) -> bool:
    """Whether the stream can show characters beyond ASCII."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").replace("_", "") == "utf8"


def number(value: Any) -> str:
    """A value in a table: whole numbers with thousands separators, fractions to four digits, nothing for None."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return _fraction(value)
        case list() | tuple():
            return ", ".join(number(part) for part in value)
        case _:
            return visible(str(value))


def _fraction(value: float) -> str:
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}"
    return f"{value:.4f}".rstrip("0").rstrip(".") if value == int(value) else f"{value:.4f}"


def size(count: float) -> str:
    """A number of bytes in words."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def duration(seconds: float) -> str:
    """A length of time in words: "8 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def joined(parts: Iterable[str], between: str = ", ") -> str:
    """The parts that are not empty, in one line."""
    return between.join(part for part in parts if part)
