"""Markdown in which what a stranger wrote is text and nothing else: no link, no table cell, no HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

MOST = 200  # characters of one name
_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ACTIVE = re.compile(r"([\\`*\[\]|<>~$]|(?<!\w)_|_(?!\w))")


def plain(text: Any) -> str:
    """One line in which no character means anything to Markdown or HTML."""
    shown = "".join(c if c.isprintable() and c not in _BIDI else " " for c in str(text)[: 4 * MOST])
    line = " ".join(shown.split())
    line = line if len(line) <= MOST else line[: MOST - 1] + "…"
    return _ACTIVE.sub(r"\\\1", line.replace("&", "&amp;"))


def quoted(text: Any) -> str:
    """A string of YAML: its double-quoted form is that of JSON."""
    return json.dumps(" ".join(str(text).split())[:MOST], ensure_ascii=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are safe already; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: Any) -> str:
    """A metric to four digits; integers as they are; a dash where there is none."""
    if isinstance(value, bool) or value is None:
        return "-" if value is None else str(value).lower()
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else plain(value)
