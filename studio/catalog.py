"""Ordered, read-only lookup of entries by name. A wrong name is answered with what exists and what was likely meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

from studio.errors import UnknownName


class Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Catalog(Mapping[str, T], Generic[T]):
    """Entries by name, in the order given. `kind` is the word for one entry in messages ("task")."""

    def __init__(self, kind: str, entries: tuple[T, ...]) -> None:
        self.kind = kind
        self._entries = {entry.name: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise ValueError(f"two entries of the {kind} catalog share a name")

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise unknown(self.kind, name, tuple(self._entries)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def unknown(kind: str, name: str, known: tuple[str, ...]) -> UnknownName:
    """The error for a wrong name: what was asked, what exists, what was likely meant."""
    close = get_close_matches(name, known, n=1)
    return UnknownName(
        f"There is no {kind} named '{name}'.",
        why=f"Known: {', '.join(known)}." if known else f"There is no {kind} yet.",
        next=f"Did you mean '{close[0]}'?" if close else "",
    )
