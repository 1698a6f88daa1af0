"""How rows look: texts in a table, tagged words in colour, images as a wall of thumbnails.

Pure: from rows and a dataset's record to markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.data_reading import Shape
from studio.ui.shared import Data
from studio.ui.words import Say

_CELL, _WORDS, _LABEL = 500, 150, 60  # characters, words and characters shown
_TONES = 8  # colours there are for classes


@dataclass(frozen=True)
class Part:
    """Some rows of a split: `columns` by role, where they begin among those that match, and how many match.

    `total` is None where not all rows were looked through; `more` says whether others follow.
    """

    columns: Data
    start: int
    total: int | None
    more: bool

    @property
    def count(self) -> int:
        return len(self.columns.get("line", ()))


def kind_of(tag: str) -> str:
    """The type of an entity's tag: "B-PER" and "I-PER" are both "PER"; "" for no entity."""
    return "" if tag == "O" else tag.partition("-")[2] or tag


def short(name: str) -> str:
    return name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"


def place(part: Part, say: Say) -> Html:
    if not part.count:
        return element("p", say("data.rows.none"), role="status")
    values = {"first": f"{part.start + 1:,}", "last": f"{part.start + part.count:,}"}
    if part.total is None:
        return element("p", say("data.rows.some", **values), role="status")
    return element("p", say("data.rows.place", **values, total=f"{part.total:,}"), role="status")


def table(dataset: Data, form: Shape, part: Part, say: Say) -> Html:
    """Texts, or words with their tags, with the label and where the row stood in the file."""
    names = {column["role"]: column["name"] for column in dataset["columns"] if column["role"]}
    heads = [names.get(role, role) for role in ((form.input,) if form.tagged else form.roles)]
    labels = [label["name"] for label in dataset["labels"]]
    head = [element("th", text(name, 80), scope="col") for name in heads]
    head.append(element("th", say("data.rows.line"), scope="col", cls="data-line"))
    inputs, lines = [part.columns.get(role, []) for role in form.inputs], part.columns.get("line", [])
    targets = part.columns.get(form.target, []) if form.target else [None] * len(lines)
    body = []
    for *given, target, line in zip(*inputs, targets, lines, strict=True):
        shown = [tagged(given[0], target, labels)] if form.tagged else [text(cell, _CELL) for cell in given]
        shown += [] if form.tagged or not form.target else [_learned(form, given, target, labels)]
        cells = [element("td", one, cls="data-cell") for one in shown]
        body.append(element("tr", cells, element("td", text(line, 60), cls="subdued data-line")))
    caption = element("caption", say("data.rows.caption"), cls="visually-hidden")
    return element(
        "div",
        element("table", caption, element("thead", element("tr", head)), element("tbody", body), cls="studio"),
        cls="table-box data-table",
    )


def _numbers(target: int | list[int]) -> list[int]:
    return target if isinstance(target, list) else [target]


def chips(target: int | list[int], labels: Sequence[str]) -> Html:
    """The class of a row, or its classes."""
    shown = [piece for number in _numbers(target) for piece in (" ", chip(number, labels))][1:]
    return joined(*shown) if shown else element("span", "–", cls="subdued")


def _learned(form: Shape, given: Sequence[str], target: Any, labels: Sequence[str]) -> Html:
    """What is learned of a row: a number, pieces of its text, a class or several."""
    if form.numeric:
        return joined(figure(target, 6))
    if form.answering:
        pieces = dict.fromkeys(given[-1][start:end] for start, end in zip(target[::2], target[1::2], strict=True))
        return joined(*(element("div", text(piece, _CELL)) for piece in pieces)) if pieces else joined("–")
    return chips(target, labels)


def chip(target: int, labels: Sequence[str]) -> Html:
    """A class as a word on its colour."""
    return element("span", text(labels[target], _LABEL), cls=f"data-chip tone-{target % _TONES}")


def tagged(words: Sequence[str], tags: Sequence[int], labels: Sequence[str]) -> Html:
    """Words with whole entities marked in the colour of their kind."""
    kinds = sorted({kind_of(label) for label in labels} - {""})
    gap = "" if sum(map(len, words)) <= 1.3 * len(words) else " "  # writing without spaces has words of one character
    pieces: list[Html | str] = []
    for entity, members in groupby(_entities(words[:_WORDS], tags, labels), key=lambda item: item[:2]):
        shown = text(gap.join(word for *_, word in members), _CELL)
        if entity[1]:
            tone = f"data-entity tone-{kinds.index(entity[1]) % _TONES}"
            pieces.append(element("mark", shown, " ", element("small", text(entity[1], _LABEL)), cls=tone))
        else:
            pieces.append(shown)
        pieces.append(gap)
    return element("span", pieces[:-1], "…" if len(words) > _WORDS else None)


def _entities(words: Sequence[str], tags: Sequence[int], labels: Sequence[str]) -> list[tuple[int, str, str]]:
    """Each word with the number of its entity or gap, and the kind ("" for none)."""
    found: list[tuple[int, str, str]] = []
    number, before = 0, ""
    for word, tag in zip(words, tags, strict=False):
        kind = kind_of(labels[tag])
        if kind != before or (kind and labels[tag].startswith("B-")):
            number += 1
        before = kind
        found.append((number, kind, word))
    return found


def wall(dataset: Data, form: Shape, part: Part, say: Say) -> Html:
    """Thumbnails with their labels."""
    labels = [label["name"] for label in dataset["labels"]]
    images, targets = part.columns.get(form.input, []), part.columns.get(form.target, [])
    figures = [
        element(
            "figure",
            element(
                "img",
                src=f"image/{dataset['dataset']}/{int(image)}.png?side=112",
                alt=", ".join(labels[number] for number in _numbers(target)),
                title=line,
                loading="lazy",
                width=112,
                height=112,
            ),
            element("figcaption", chips(target, labels)),
        )
        for image, target, line in zip(images, targets, part.columns.get("line", []), strict=True)
    ]
    return element("div", figures, cls="data-wall", aria_label=say("data.rows.title"), role="group")
