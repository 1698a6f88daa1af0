"""Whole entities in a row of tags, by the rules of conlleval, which seqeval and thus the reported F1 follow.

A tag is a place (its first character: B, I, E, S or O) and a kind; a tag without a place is an entity of one word. A
change of kind begins a new entity even without a B, and an I after an O begins one too. Knows neither runs nor files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from studio.tasks.token_classification import placed

Entity = tuple[str, int, int]  # kind, first word, last word

_ALONE = ("S", "B")  # begin an entity, whatever stands before
_ENDS = ("E", "S")  # end one, whatever comes after


def kind(tag: str) -> str:
    """The kind of entity that a tag speaks of; "" for no entity."""
    return placed(tag)[2:]


def names(tags: Iterable[str]) -> set[str]:
    """The kinds of entities that these tags speak of."""
    return {kind(tag) for tag in tags} - {""}


def entities(tags: Sequence[str]) -> list[Entity]:
    """Every entity of one row."""
    found: list[Entity] = []
    place, own, first = "O", "", 0
    for word, tag in enumerate([*map(placed, tags), "O"]):
        new_place, new_own = tag[0], tag[2:]
        changed = own != new_own
        if _ended(place, new_place, changed):
            found.append((own, first, word - 1))
        if _begun(place, new_place, changed):
            first = word
        place, own = new_place, new_own
    return found


def _ended(place: str, new: str, changed: bool) -> bool:
    inside = place in ("B", "I")
    return place in _ENDS or (inside and new in (*_ALONE, "O")) or (place not in ("O", ".") and changed)


def _begun(place: str, new: str, changed: bool) -> bool:
    after_end = place in ("E", "S", "O")
    follows = (new == "I" and after_end) or (new == "E" and after_end)
    return new in _ALONE or follows or (new not in ("O", ".") and changed)


def count(wanted: Sequence[Sequence[str]], guessed: Sequence[Sequence[str]]) -> tuple[Counter[str], ...]:
    """Entities of each kind: that are there, that were predicted, and that were predicted rightly."""
    support: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for true, guess in zip(wanted, guessed, strict=True):
        real, said = entities(true), entities(guess)
        support.update(entity[0] for entity in real)
        predicted.update(entity[0] for entity in said)
        hits.update(entity[0] for entity in set(real) & set(said))
    return support, predicted, hits
