"""Tagged words as markup: neighbours of one entity in one coloured mark that says its kind.

Words and tags are users' texts. Knows the shape of tags (`B-PER`, `I-PER`, `O`), no particular set of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from studio.ui.markup import Html, element, joined, text
from studio.ui.words import Say

COLOURS = 8
_WORDS = 400  # of one row that are shown

Piece = tuple[str, list[str]]  # kind ("" for none), words


def tagged(tokens: Sequence[str], tags: Sequence[str], what: str, kinds: Sequence[str], say: Say) -> Html:
    """One tagging of a row; `what` says whose it is, `kinds` are all there are: each has a colour of its own."""
    shown = [_piece(kind, words, kinds) for kind, words in pieces(tokens[:_WORDS], tags)]
    rest = (
        element("span", say("result.unread", count=len(tokens) - _WORDS), cls="subdued")
        if len(tokens) > _WORDS
        else None
    )
    return element("p", element("span", what, cls="whose"), element("span", shown, rest), cls="result-tagged")


def pieces(tokens: Sequence[str], tags: Sequence[str]) -> Iterator[Piece]:
    """Words in groups: each entity one, everything between two entities one. Words without a tag count as outside."""
    group: Piece | None = None
    for token, tag in zip_longest(tokens, tags[: len(tokens)], fillvalue="O"):
        kind, begins = kind_of(tag), tag[:2] in ("B-", "S-")
        if group is None or kind != group[0] or (kind and begins):
            if group is not None:
                yield group
            group = (kind, [])
        group[1].append(token)
    if group is not None:
        yield group


def kind_of(tag: str) -> str:
    """The kind of entity a tag speaks of, "" for none. Tags without a place (`PER`) are their own kind."""
    if tag == "O":
        return ""
    return tag[2:] if tag[1:2] == "-" and tag[0] in "BIES" else tag


def _piece(kind: str, words: Sequence[str], kinds: Sequence[str]) -> Html:
    shown = text(" ".join(words), 2000)
    if not kind:
        return joined(shown, " ")
    return joined(element("mark", shown, element("small", text(kind, 30)), cls=f"span span-{colour(kind, kinds)}"), " ")


def colour(kind: str, kinds: Sequence[str]) -> int:
    """The number of the kind's colour: the same everywhere in a run."""
    return kinds.index(kind) % COLOURS if kind in kinds else COLOURS - 1
