"""How far a measured score may be from the true one. Whoever measures, shows or warns asks here.

An interval is a pair of a lower and an upper end, or None where nothing honest can be said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


def wilson(right: int, rows: int) -> list[float]:
    """The 95 % interval of a share: the score interval of Wilson (1927, doi:10.1080/01621459.1927.10502953).

    It has a width also where all rows are right, or none: there a bootstrap only ever draws what it has seen.
    """
    share, part = right / rows, _Z**2 / rows
    middle = (share + part / 2) / (1 + part)
    half = _Z * math.sqrt((share * (1 - share) + part / 4) / rows) / (1 + part)
    return [0.0 if right == 0 else middle - half, 1.0 if right == rows else middle + half]


def known(metrics: Mapping[str, Any]) -> list[float] | None:
    """The interval among the metrics of a split; one without width, as reports of earlier versions have, is none."""
    low, high = metrics.get("interval") or (0.0, 0.0)
    return [float(low), float(high)] if low < high else None


def off(rows: int, interval: list[float] | None = None) -> float:
    """By how much a score of so many rows may be off either way: half a 95 % interval of a share near one half, or of
    the interval that was measured where that is wider."""
    half = (interval[1] - interval[0]) / 2 if interval else 0.0
    return max(half, _Z / 2 / math.sqrt(max(1, rows)))
