"""How measured numbers are written."""

from __future__ import annotations


def figure(value: float, digits: int = 3) -> str:
    """A number with so many digits, or all before the point: 91,140 rather than 9.11e+04, and 0.0123."""
    rounded = float(f"{value:.{digits - 1}e}")
    return f"{value:,.0f}" if 10**digits <= abs(rounded) < 1e15 else f"{value:.{digits}g}"
