"""The words of the panel Train."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
