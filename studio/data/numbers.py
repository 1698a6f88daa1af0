"""Cells that read as numbers."""

from __future__ import annotations

import re

_LIKE_A_NUMBER = re.compile(r"^[+-]?[\d.,\s]*\d[\d.,\s]*([eE][+-]?\d+)?%?$")


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, with decimal points or commas, or as a share in per cent."""
    return bool(_LIKE_A_NUMBER.match(cell.strip()))
