"""Curves drawn in characters: dots of braille where the terminal can show them, plain ASCII elsewhere.

A braille character is a grid of two by four dots (https://www.unicode.org/charts/PDF/U2800.pdf). The first curve is
drawn in dots, every other one in marks of its own over it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from studio.figures import figure

Points = Sequence[tuple[int, float]]

_BLANK = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # bit of each dot, by column and row
_MARKS = "ox+"
_SMALLEST = 1e-30  # values below this are drawn as zero


@dataclass(frozen=True)
class Frame:
    """What is shown: steps `left` to `right`, values `low` to `high`, in a grid of characters."""

    left: int
    right: int
    low: float
    high: float
    columns: int
    rows: int

    def place(self, point: tuple[int, float], fine: tuple[int, int] = (1, 1)) -> tuple[int, int]:
        """Column and row (from above) of a point, where each character has `fine` columns and rows."""
        across, down = self.columns * fine[0] - 1, self.rows * fine[1] - 1
        x = (point[0] - self.left) / max(1, self.right - self.left)
        y = (self.high - point[1]) / (self.high - self.low)
        return round(x * across), round(y * down)


def plot(curves: Mapping[str, Points], columns: int = 80, rows: int = 12, unicode: bool = True) -> str:
    """The curves in one frame with its scales and a line that names them; empty if there is no point to show.

    Points that are not finite are left out.
    """
    finite = {name: [p for p in points if math.isfinite(p[1])] for name, points in curves.items()}
    finite = {name: points for name, points in finite.items() if points}
    if not finite:
        return ""
    everything = [point for points in finite.values() for point in points]
    low, high = min(p[1] for p in everything), max(p[1] for p in everything)
    size = max(abs(low), abs(high), _SMALLEST)
    if high - low < 1e-9 * size:  # a flat line goes through the middle
        low, high = low - 0.5 * size, high + 0.5 * size
    scale = [_scale(high), _scale((low + high) / 2), _scale(low)]
    margin = max(map(len, scale))
    frame = Frame(min(p[0] for p in everything), max(p[0] for p in everything), low, high, columns - margin - 2, rows)
    return _framed(frame, _drawn(frame, finite, unicode), scale, _legend(finite, unicode))


def _drawn(frame: Frame, curves: Mapping[str, Points], unicode: bool) -> list[list[str]]:
    (first, *others) = curves.values()
    grid = _braille(frame, first) if unicode else _ascii(frame, first)
    for points, mark in zip(others, _MARKS, strict=False):
        for point in points:
            column, row = frame.place(point)
            grid[row][column] = mark
    return grid


def _braille(frame: Frame, points: Points) -> list[list[str]]:
    bits = [[0] * frame.columns for _ in range(frame.rows)]
    for x, y in _line(frame, points, (2, 4)):
        bits[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
    return [[chr(_BLANK + b) if b else " " for b in row] for row in bits]


def _ascii(frame: Frame, points: Points) -> list[list[str]]:
    grid = [[" "] * frame.columns for _ in range(frame.rows)]
    for x, y in _line(frame, points, (1, 1)):
        grid[y][x] = "."
    return grid


def _line(frame: Frame, points: Points, fine: tuple[int, int]) -> set[tuple[int, int]]:
    """The dots of a curve, points joined by straight lines."""
    places = [frame.place(point, fine) for point in points]
    dots = set(places)
    for (x0, y0), (x1, y1) in pairwise(places):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        dots |= {(x0 + round((x1 - x0) * i / steps), y0 + round((y1 - y0) * i / steps)) for i in range(1, steps)}
    return dots


def _framed(frame: Frame, grid: list[list[str]], scale: Sequence[str], legend: str) -> str:
    margin = max(map(len, scale))
    marks = {0: scale[0], frame.rows // 2: scale[1], frame.rows - 1: scale[2]}
    lines = [f"{marks.get(i, ''):>{margin}} |{''.join(row)}".rstrip() for i, row in enumerate(grid)]
    ends = f"{frame.left:,}", f"step {frame.right:,}"
    gap = " " * max(1, frame.columns - len(ends[0]) - len(ends[1]))
    return "\n".join([*lines, " " * margin + " +" + "-" * frame.columns, " " * (margin + 2) + gap.join(ends), legend])


def _legend(curves: Mapping[str, Points], unicode: bool) -> str:
    signs = ["\u2812\u2812" if unicode else "..", *_MARKS]
    return "   ".join(f"{sign} {name}" for sign, name in zip(signs, curves, strict=False))


def _scale(value: float) -> str:
    return figure(value)
