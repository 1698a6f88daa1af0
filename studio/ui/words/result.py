"""The words of the panel Result."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
