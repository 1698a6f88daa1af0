"""The words of the panel Live."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
