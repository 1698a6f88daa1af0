"""Cells that read as numbers."""

from __future__ import annotations

import math
import re

INDICATORS = (("0", "1"), ("0.0", "1.0"), ("false", "true"), ("False", "True"), ("FALSE", "TRUE"))  # no and yes
_LIKE_A_NUMBER = re.compile(r"^[+-]?[\d.,\s]*\d[\d.,\s]*([eE][+-]?\d+)?%?$")


def as_number(cell: str) -> float | None:
    """The number in a cell, with a decimal point or comma; None for anything else."""
    plain = cell.strip()
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        found = float(plain)
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in plain else None


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, with decimal points or commas, or as a share in per cent."""
    return bool(_LIKE_A_NUMBER.match(cell.strip()))
