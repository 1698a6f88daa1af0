"""The words of the panel Data."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
