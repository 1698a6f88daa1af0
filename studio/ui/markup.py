"""HTML that cannot be anything but what we wrote: text becomes markup only by being escaped here (`Html`).

Text of users (cells, labels, names of files and columns, errors) goes in as plain `str` and is escaped; control and
bidirectional characters become visible; long cells are cut. There is no other way to make an `Html`.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

CELL = 200  # most characters of a user's text in a table
_VOID = ("img", "br", "hr", "input", "col")
_DANGEROUS = ("script", "style", "iframe", "object", "embed", "base", "link", "meta")


@dataclass(frozen=True)
class Html:
    """Finished markup. Made by `element`, `joined` and `text` only."""

    source: str

    def __str__(self) -> str:
        return self.source


Child = Html | str | int | float | None


def element(name: str, *children: Child | Iterable[Child], **attributes: str | int | float | bool | None) -> Html:
    """`<name ...>children</name>`; strings are escaped. `cls` is the class, `data_x` becomes `data-x`.

    True gives an attribute without value; None and False leave it out. Raises ValueError for elements and attributes
    that could run or load something foreign.
    """
    if name in _DANGEROUS:
        raise ValueError(f"no <{name}> here")
    opened = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Html(opened if name in _VOID else f"{opened}{_source(children)}</{name}>")


def joined(*children: Child | Iterable[Child]) -> Html:
    """Several pieces after each other."""
    return Html(_source(children))


def text(value: object, most: int | None = CELL) -> Html:
    """A user's text, escaped, cut at `most` characters, with what is invisible or reorders text made visible."""
    shown = visible(str(value))
    if most is not None and len(shown) > most:
        shown = shown[: most - 1] + "…"
    return Html(_escaped(shown))


def visible(value: str) -> str:
    """The text with stand-ins for control and bidirectional characters; line breaks and tabs stay."""
    return "".join(c if c in "\n\t" or not _hidden(c) else _stand_in(c) for c in value)


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI


_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _stand_in(character: str) -> str:
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else f"[U+{ord(character):04X}]"


def _source(children: Iterable[Child | Iterable[Child]]) -> str:
    return "".join(_one(child) for child in children)


def _one(child: Child | Iterable[Child]) -> str:
    match child:
        case None:
            return ""
        case Html():
            return child.source
        case str():
            return _escaped(visible(child))
        case int() | float():
            return str(child)
        case _:
            return _source(child)


def _escaped(value: str) -> str:
    """Escaped for HTML; braces and dollars too, because the page treats values as templates in places."""
    return html.escape(value, quote=True).replace("{", "&#123;").replace("}", "&#125;").replace("$", "&#36;")


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = {"cls": "class", "for_": "for"}.get(key, key.replace("_", "-"))
    if name.startswith("on") or name == "srcdoc":
        raise ValueError(f"no attribute {name} here")
    shown = visible(str(value))
    if name in ("href", "src") and (":" in shown.split("/")[0] or shown.startswith("//")):
        raise ValueError("only addresses of our own")
    return f" {name}" if value is True else f' {name}="{_escaped(shown)}"'
