"""Ids of datasets and runs: 26 lower-case letters and digits that sort by time of creation (the ULID layout)."""

from __future__ import annotations

import re
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, https://github.com/ulid/spec
PATTERN = re.compile(r"^[0-9a-z]{26}$")


def new_id() -> str:
    """48 bits of milliseconds, then 80 random bits."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def is_id(text: str) -> bool:
    return PATTERN.match(text) is not None
