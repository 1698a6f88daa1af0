"""What the page says, in English and Chinese: one table, each entry with both.

Each panel has a module here with its part of the table; keys begin with the panel's name. `speaker` gives the words of
one language. What the core declares in English (options, findings, errors, statuses) is looked up by its code in
`core.py`, and its sentences in `sentences.py`; they stand in English where the tables have nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.ui.words import (
    answers,
    charts,
    core,
    data,
    download,
    general,
    guides,
    live,
    masked,
    methods,
    numbers,
    result,
    room,
    runs,
    several,
    train,
)
from studio.ui.words.matching import chinese

LANGUAGES = ("en", "zh")
NAMES = {"en": "English", "zh": "中文"}

Entries = Mapping[str, tuple[str, str]]


def _merged(*parts: Entries) -> dict[str, tuple[str, str]]:
    merged: dict[str, tuple[str, str]] = {}
    for part in parts:
        twice = merged.keys() & part.keys()
        if twice:
            raise ValueError(f"said twice: {sorted(twice)}")
        merged |= part
    return merged


WORDS = _merged(
    general.WORDS,
    answers.WORDS,
    charts.WORDS,
    data.WORDS,
    guides.WORDS,
    live.WORDS,
    masked.WORDS,
    methods.WORDS,
    numbers.WORDS,
    result.WORDS,
    download.WORDS,
    runs.WORDS,
    room.WORDS,
    several.WORDS,
    train.WORDS,
)
CORE: dict[str, str] = (
    core.CHINESE
    | live.CHINESE
    | numbers.CHINESE
    | answers.CHINESE
    | several.CHINESE
    | masked.CHINESE
    | methods.CHINESE
    | guides.CHINESE
)


@dataclass(frozen=True)
class Say:
    """The words of one language: `say("tab.data")`, `say("time.minutes", n=3)`."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key with values filled in. Raises KeyError for an unknown key."""
        said = WORDS[key][LANGUAGES.index(self.language)]
        return said.format(**values) if values else said

    def core(self, key: str, english: str) -> str:
        """What the core says in English under a code such as `option.epochs`, in this language where it is known."""
        return english if self.language == "en" else CORE.get(key, english)

    def sentences(self, english: str) -> str:
        """What the core says in sentences of its own, in this language as far as they are known."""
        return english if self.language == "en" else chinese(english)


def speaker(language: str) -> Say:
    if language not in LANGUAGES:
        raise ValueError(f"no words in '{language}'")
    return Say(language)
