"""The words of the charts."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
