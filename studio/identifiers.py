"""Ids of datasets and runs: 26 lower-case letters and digits that sort by time of creation (the ULID layout); and the
names that people give."""

from __future__ import annotations

import re
import secrets
import time

from studio.errors import RequestError

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, https://github.com/ulid/spec
LONGEST_NAME = 120
PATTERN = re.compile(r"^[0-9a-z]{26}$")


def new_id() -> str:
    """48 bits of milliseconds, then 80 random bits."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


def is_id(text: str) -> bool:
    return PATTERN.match(text) is not None


def clean_name(name: object) -> str:
    """A run's name as it is kept. Raises RequestError for none, and for a long one."""
    cleaned = " ".join(name.split()) if isinstance(name, str) else ""
    if not cleaned:
        raise RequestError("A run needs a name.", next="Type one, then rename again.")
    if len(cleaned) > LONGEST_NAME:
        raise RequestError("The name is too long.", why=f"It may have {LONGEST_NAME} characters.")
    return cleaned
