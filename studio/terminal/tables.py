"""Tables of plain text that fit the width of the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.terminal import text

GAP = "  "
NARROWEST = 8  # a column is never made narrower than this
WRAPPED = 30  # a column that is broken into lines gets this much before others are cut
WIDEST_PAGE = 160


def page_width() -> int:
    """The columns of the terminal, or 100 where there is none. The variable COLUMNS wins, as everywhere."""
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return min(int(given), WIDEST_PAGE)
    for descriptor in (1, 2, 0):
        try:
            return min(os.get_terminal_size(descriptor).columns or 100, WIDEST_PAGE)
        except OSError:
            continue
    return 100


@dataclass(frozen=True)
class Layout:
    """How a table is made to fit: `whole` columns are never cut, `wrap` breaks the last one into lines."""

    columns: int = 0  # width of the page; 0 is that of the terminal
    whole: tuple[str, ...] = ()
    wrap: bool = False


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]], layout: Layout = Layout()) -> str:
    """Rows under headers; numbers stand at the right. Text columns shrink, widest first, until the page fits."""
    cells = [[text.number(value) for value in row] for row in rows]
    rights = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(headers))]
    widths = [max(map(text.width, (header, *(row[i] for row in cells)))) for i, header in enumerate(headers)]
    whole = [right or header in layout.whole for right, header in zip(rights, headers, strict=True)]
    widths = _shrunk(widths, whole, layout)
    lines = [_line(headers, widths, rights), _line(["-" * w for w in widths], widths, rights)]
    for row in cells:
        parts = _wrapped(row[-1], widths[-1]) if layout.wrap else [row[-1]]
        lines.append(_line([*row[:-1], parts[0]], widths, rights))
        lines += [_line([*[""] * (len(row) - 1), part], widths, rights) for part in parts[1:]]
    return "\n".join(lines)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _shrunk(widths: Sequence[int], whole: Sequence[bool], layout: Layout) -> list[int]:
    shrunk = list(widths)
    room = (layout.columns or page_width()) - len(GAP) * (len(shrunk) - 1)
    if layout.wrap:
        shrunk[-1] = min(shrunk[-1], max(WRAPPED, room - sum(shrunk[:-1])))
    while sum(shrunk) > room:
        flexible = [i for i, width in enumerate(shrunk) if width > NARROWEST and not whole[i]]
        if not flexible:
            break
        shrunk[max(flexible, key=lambda i: shrunk[i])] -= 1
    return shrunk


def _line(cells: Sequence[str], widths: Sequence[int], rights: Sequence[bool]) -> str:
    parts = [
        text.pad(text.cut(cell, width), width, right) for cell, width, right in zip(cells, widths, rights, strict=True)
    ]
    return GAP.join(parts).rstrip()


def _wrapped(line: str, columns: int) -> list[str]:
    """`line` broken at spaces so that each part fits into `columns`; a word that is wider stays whole and is cut."""
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}" if parts[-1] else word
        if text.width(longer) <= columns or not parts[-1]:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts


def facts(entries: Mapping[str, Any]) -> str:
    """Names and values, one pair a line; pairs without a value are left out."""
    shown = {text.visible(name): text.number(value) for name, value in entries.items()}
    shown = {name: value for name, value in shown.items() if value}
    widest = max(map(text.width, shown), default=0)
    return "\n".join(f"{text.pad(name, widest)}{GAP}{value}" for name, value in shown.items())
