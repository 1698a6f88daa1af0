"""The rows of a dataset, twenty at a time: which split, which class, which page of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.api import Studio
from studio.ui.markup import element
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_look import Part, kind_of, place, short, table, wall
from studio.ui.shared import ALONE, QUIET, Data, Page, static_html

PAGE = 20
SPLITS = ("train", "valid", "test")
EVERY = ""  # the class filter's value for all classes
_NUMBER = "#"  # before the number of a class in the filter's values, which may also be names that were typed
_BLOCK = 5_000  # rows looked through at once
MOST_CHOICES = 500  # classes to pick from; the name of any other can be typed
_MOST_SCANNED = 50_000  # beyond this the search ends with the page
_UPDATE = "({__type__: 'update', interactive: %s})"
_SHUT, _OPEN = _UPDATE % "false", _UPDATE % "true"


@dataclass(frozen=True)
class Rows:
    """The parts: which split, which class, the page itself, and where one is."""

    split: gr.Radio
    label: gr.Dropdown
    table: gr.HTML
    place: gr.HTML
    back: gr.Button
    on: gr.Button
    start: gr.State

    @property
    def outputs(self) -> list[Any]:
        return [self.split, self.label, *self.moved]

    @property
    def moved(self) -> list[Any]:
        return [self.table, self.place, self.back, self.on, self.start]


def build(page: Page) -> Rows:
    say = page.say
    static_html(element("h3", say("data.rows.title")))
    with gr.Row(elem_classes="data-filters"):
        choices = [(say(f"data.split.{split}.name"), split) for split in SPLITS]
        split = gr.Radio(choices, value="train", label=say("data.rows.split"), scale=0, min_width=340)
        label = gr.Dropdown(
            [(say("data.rows.every"), EVERY)],
            value=EVERY,
            label=say("data.rows.class"),
            allow_custom_value=True,  # looked up, so that no list of choices has to outlive a restart
            scale=1,
            min_width=180,
        )
    table = static_html(elem_id="data-rows")
    with gr.Row(elem_classes="data-pager"):
        back = gr.Button(say("data.rows.back"), size="sm", scale=0, min_width=90)
        place = static_html(elem_id="data-place")
        on = gr.Button(say("data.rows.on"), size="sm", scale=0, min_width=90)
    parts = Rows(split, label, table, place, back, on, gr.State(0))
    _wire(page, parts)
    return parts


def _wire(page: Page, parts: Rows) -> None:
    def first(reference: str, split: object, label: object) -> list[Any]:
        return _page(page, reference, (split, label, 0))

    def later(reference: str, split: object, label: object, start: int) -> list[Any]:
        return _page(page, reference, (split, label, start + PAGE))

    def earlier(reference: str, split: object, label: object, start: int) -> list[Any]:
        return _page(page, reference, (split, label, start - PAGE))

    chosen = [page.dataset, parts.split, parts.label]
    gr.on([parts.split.input, parts.label.input], page.handler(first), chosen, parts.moved, **QUIET)
    parts.on.click(page.handler(later), [*chosen, parts.start], parts.moved, **QUIET)
    parts.back.click(page.handler(earlier), [*chosen, parts.start], parts.moved, **QUIET)
    # Until the first rows of another dataset are here, nothing moves: what was pressed before would be undone by them.
    held = [parts.split, parts.label, parts.back, parts.on]
    page.dataset.change(None, None, [*held, parts.place], js=f"() => [{', '.join([_SHUT] * len(held))}, '']", **ALONE)


def follow(page: Page, parts: Rows) -> None:
    """Show the first rows of every dataset that is selected."""
    filled = page.dataset.change(
        page.handler(lambda reference: fill(page, parts, reference)), page.dataset, parts.outputs, **QUIET
    )
    filled.failure(None, None, [parts.split, parts.label], js=f"() => [{_OPEN}, {_OPEN}]", **ALONE)


def fill(page: Page, parts: Rows, reference: str) -> list[Any]:
    """The first page of a dataset just selected, in the order of `outputs`."""
    if not reference:
        return [gr.skip()] * len(parts.outputs)
    dataset = page.studio.dataset(reference)
    form = reading.shape(page.studio, dataset["task"])
    choices = [(page.say("data.rows.every"), EVERY), *filters(dataset["labels"], form.tagged)]
    shown = _page(page, reference, ("train", EVERY, 0))
    label = gr.Dropdown(choices, value=EVERY, interactive=True, visible=bool(dataset["labels"]))
    return [gr.Radio(value="train", interactive=True), label, *shown]


def _page(page: Page, reference: str, asked: tuple[object, object, int]) -> list[Any]:
    split, label, start = asked
    dataset = page.studio.dataset(reference)
    form = reading.shape(page.studio, dataset["task"])
    split = split if split in SPLITS else "train"
    classes = matching(dataset["labels"], label, form.tagged)
    part = find(page.studio, dataset, str(split), (classes, max(0, start)))
    return [
        str(wall(dataset, form, part, page.say) if form.pictured else table(dataset, form, part, page.say)),
        str(place(part, page.say)),
        gr.Button(interactive=part.start > 0),
        gr.Button(interactive=part.more),
        part.start,
    ]


# Which rows ---------------------------------------------------------------------------------------------------------


def filters(labels: Sequence[Data], tagged: bool) -> list[tuple[str, str]]:
    """Pairs of shown name and value of the class filter: the largest classes in their order, or kinds of entities."""
    if not tagged:
        largest = sorted(range(len(labels)), key=lambda place: -labels[place]["count"])[:MOST_CHOICES]
        return [(short(labels[place]["name"]), f"{_NUMBER}{place}") for place in sorted(largest)]
    kinds = {kind_of(label["name"]): f"{_NUMBER}{place}" for place, label in reversed(list(enumerate(labels)))}
    return [(short(kind), kinds[kind]) for kind in sorted(kinds)[: MOST_CHOICES + 1] if kind]


def matching(labels: Sequence[Data], value: object, tagged: bool) -> frozenset[int] | None:
    """The class numbers that a value of the filter, or a name that was typed, stands for; None for all rows, also for
    what is no class."""
    chosen = _chosen(labels, value) if isinstance(value, str) else None
    if chosen is None:
        return None
    if not tagged:
        return frozenset((chosen,))
    kind = kind_of(labels[chosen]["name"])
    return frozenset(place for place, label in enumerate(labels) if kind_of(label["name"]) == kind)


def _chosen(labels: Sequence[Data], value: str) -> int | None:
    number = value.removeprefix(_NUMBER)
    if number != value and number.isascii() and number.isdecimal() and len(number) < 9 and int(number) < len(labels):
        return int(number)
    wanted = value.strip().casefold()
    return next((place for place, label in enumerate(labels) if wanted and label["name"].casefold() == wanted), None)


def find(studio: Studio, dataset: Data, split: str, wanted: tuple[frozenset[int] | None, int]) -> Part:
    """A page of the rows of a split that are of some classes (None: of all), from place `start` among them."""
    classes, start = wanted
    reference, total = dataset["dataset"], int(dataset["splits"].get(split, 0))
    if classes is None:
        start = start if start < total else 0
        columns = studio.rows(reference, split, start, start + PAGE)
        return Part(columns, start, total, start + PAGE < total)
    target = reading.shape(studio, dataset["task"]).target
    kept: Data = {}
    seen = scanned = 0
    while scanned < total and (scanned < _MOST_SCANNED or seen <= start + PAGE):
        block = studio.rows(reference, split, scanned, scanned + _BLOCK)
        for number in (number for number, cell in enumerate(block[target]) if _has(cell, classes)):
            if start <= seen < start + PAGE:
                for name, cells in block.items():
                    kept.setdefault(name, []).append(cells[number])
            seen += 1
        scanned += _BLOCK
    return Part(kept, start, seen if scanned >= total else None, seen > start + PAGE)


def _has(cell: int | list[int], classes: frozenset[int]) -> bool:
    return not classes.isdisjoint(cell) if isinstance(cell, list) else cell in classes
