"""The words of the panel Runs."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {}
