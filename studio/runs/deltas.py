"""What somebody who follows a run's curves has not seen yet, as plain JSON data; long curves thinned out at first.

A cursor tells how many points of each tag were seen, in the order in which the tags appeared. It is worth something
only within a generation: points were taken back, or the reader began anew, when the generation has changed.
"""

from __future__ import annotations

import math
import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from studio.runs.curves import Curves, Point, Tail

MOST_POINTS = 2000  # of one tag in a first answer
SHORTEST_WAIT = 0.2  # seconds between two looks at the files, however many people watch

Shown = list[list[int | float | None]]
_CURSOR = re.compile(r"([0-9a-z]+\.\d+):((?:\d+(?:-\d+)*)?)")
_LONGEST_CURSOR = 10_000


class Feed:
    """The curves of one run for all who watch it. Several threads may share one feed."""

    def __init__(self, tail: Tail, status: Callable[[], str]) -> None:
        self._tail, self._ask_status = tail, status
        self._mark = secrets.token_hex(4)  # makes the generations of two feeds differ
        self._guard = threading.Lock()
        self._looked = -math.inf
        self._status = ""

    def since(self, cursor: str) -> dict[str, Any]:
        """{"generation", "cursor", "tags": {tag: [[step, value or None], ...]}, "status"}: what came after `cursor`.

        With no cursor, or one of another generation, all curves, each thinned out to `MOST_POINTS`.
        """
        with self._guard:
            if time.monotonic() - self._looked >= SHORTEST_WAIT:
                self._status = self._ask_status()  # first: of a run that is over, the curves are then complete
                self._tail.poll()
                self._looked = time.monotonic()
            generation = f"{self._mark}.{self._tail.generation}"
            return {
                "generation": generation,
                "cursor": f"{generation}:{'-'.join(str(len(points)) for points in self._tail.curves.values())}",
                "tags": news(self._tail.curves, seen(cursor, generation)),
                "status": self._status,
            }


def seen(cursor: str, generation: str) -> list[int] | None:
    """How many points of each tag a cursor stands for; None if it says nothing about this generation."""
    found = _CURSOR.fullmatch(cursor) if len(cursor) <= _LONGEST_CURSOR else None
    if not found or found[1] != generation:
        return None
    return [int(count) for count in found[2].split("-")] if found[2] else []


def news(curves: Curves, seen: Sequence[int] | None) -> dict[str, Shown]:
    """The points after those seen, by tag; without `seen` everything, thinned out."""
    if seen is None:
        return {tag: shown(thinned(points)) for tag, points in curves.items()}
    counts = [*seen, *([0] * (len(curves) - len(seen)))]
    fresh = {tag: points[count:] for (tag, points), count in zip(curves.items(), counts, strict=False)}
    return {tag: shown(points) for tag, points in fresh.items() if points}


def shown(points: Sequence[Point]) -> Shown:
    """Points as JSON can carry them: a value that is no finite number becomes null, and stays visible as a gap."""
    return [[step, value if math.isfinite(value) else None] for step, value in points]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> Sequence[Point]:
    """At most `most` points that show the same curve: of each bin the lowest, the highest and a first one that is not
    finite, and the two ends.

    Bins hold a power of two points and begin at the first point, so what was chosen stays chosen while a curve grows,
    until bins have to be twice as large.
    """
    if len(points) <= most:
        return points
    bins = max(1, (most - 2) // 3)
    width = 1 << math.ceil(math.log2(len(points) / bins))
    chosen = {0, len(points) - 1}
    for start in range(0, len(points), width):
        chosen |= _telling(points, range(start, min(start + width, len(points))))
    return [points[index] for index in sorted(chosen)]


def _telling(points: Sequence[Point], places: range) -> set[int]:
    """The places of the lowest, the highest and the first value that is not finite."""
    finite = [place for place in places if math.isfinite(points[place][1])]
    strange = (place for place in places if not math.isfinite(points[place][1]))
    found = {next(strange, places[0])} if len(finite) < len(places) else set()
    if finite:
        found |= {min(finite, key=lambda place: points[place][1]), max(finite, key=lambda place: points[place][1])}
    return found
