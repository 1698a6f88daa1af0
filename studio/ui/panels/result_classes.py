"""Where the model errs, as markup: the table of classes, the confusion matrix, the pairs that are confused most.

Names of classes are users' texts. What is pressed says places in the lists of `Studio.results.summary`, never names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.result_score import table
from studio.ui.shared import Data, percent
from studio.ui.words import Say

FEW = 20  # classes shown at first
PAIRS = 6
_LABEL = 40  # characters of a label at the edge of the matrix
_KEYS = ("name", "threshold", "precision", "recall", "f1", "support")
_SORT = re.compile(r"sort:(name|threshold|precision|recall|f1|support):(up|down):(few|all)")


@dataclass(frozen=True)
class Order:
    """How the table of classes is sorted, and whether all of them are shown."""

    key: str = "f1"
    up: bool = True
    everything: bool = False

    def __str__(self) -> str:
        return f"sort:{self.key}:{'up' if self.up else 'down'}:{'all' if self.everything else 'few'}"


def order(ask: str) -> Order | None:
    """The order that a press asks for, if it asks for one."""
    found = _SORT.fullmatch(ask)
    return Order(found[1], found[2] == "up", found[3] == "all") if found else None


def class_table(summary: Data, by: Order, say: Say) -> Html:
    """Precision, recall and F1 of each class. Headings sort, names open the class's rows."""
    classes = list(enumerate(summary["classes"]))
    if not classes:
        return joined()
    spans = summary["answer"] == "spans"
    cut = "threshold" in classes[0][1]
    classes.sort(key=lambda entry: _sort_key(entry[1], by.key), reverse=not by.up)
    # A class without rows was not measured: it is neither weak nor strong.
    classes.sort(key=lambda entry: by.key in ("f1", "recall") and not entry[1]["support"])
    shown = classes if by.everything else classes[:FEW]
    caption = say("result.classes.caption")
    if len(shown) < len(classes):
        caption = f"{say('result.weakest', count=len(classes))} {caption}" if by == Order() else caption
    head = element(
        "tr", [_heading(key, by, spans, say) for key in (_KEYS[0], *(("threshold",) if cut else ()), *_KEYS[1:])]
    )
    body = table(caption, [head], [_class_row(place, entry) for place, entry in shown], cls="result-classes")
    title = element("h3", say("result.kinds" if spans else "result.classes"))
    return element("section", title, body, _more(by, len(classes), say), cls="result-by-class")


def _sort_key(entry: Data, key: str) -> str | float:
    value = entry.get(key, 0.0)
    return str(value).casefold() if key == "name" else float(value)


def _heading(key: str, by: Order, spans: bool, say: Say) -> Html:
    current = key == by.key
    words = {"name": say("result.kind" if spans else "result.class"), "f1": say("result.f1")}
    words |= {"support": say("result.entities" if spans else "result.support"), "threshold": say("result.threshold")}
    shown = words.get(key) or say(f"result.metric.{key}")
    asked = Order(key, not by.up if current else True, by.everything)
    arrow = element("span", " ▲" if by.up else " ▼", aria_hidden="true") if current else None
    sort = ("ascending" if by.up else "descending") if current else "none"
    button = element("button", shown, arrow, type="button", cls="sort", data_ask=str(asked))
    return element("th", button, scope="col", aria_sort=sort, cls=None if key == "name" else "number")


def _class_row(place: int, entry: Data) -> Html:
    name = element("button", text(entry["name"], 60), type="button", cls="open", data_ask=f"class:{place}@0")
    measured = bool(entry["support"])
    cut = [element("td", f"{entry['threshold']:.2f}", cls="number")] if "threshold" in entry else []
    cells = [
        *cut,
        element("td", percent(entry["precision"]) if entry["predicted"] else "–", cls="number"),
        element("td", percent(entry["recall"]) if measured else "–", cls="number"),
        element("td", _f1(entry["f1"]) if measured or entry["predicted"] else "–", cls="number"),
        element("td", f"{entry['support']:,}", cls="number"),
    ]
    return element("tr", element("th", name, scope="row", title=text_of(entry["name"])), cells)


def _f1(value: float) -> Html:
    bar = element("i", style=f"--value:{100 * value:.1f}%", aria_hidden="true", cls="mini-bar")
    return joined(bar, element("span", percent(value)))


def _more(by: Order, count: int, say: Say) -> Html | None:
    if count <= FEW:
        return None
    asked = Order() if by.everything else Order(by.key, by.up, True)
    words = say("result.fewer.classes") if by.everything else say("result.more.classes", count=count)
    return element("button", words, type="button", cls="link-button", data_ask=str(asked))


def text_of(value: object) -> str:
    """A user's text for an attribute, which escapes by itself."""
    return str(value)[:300]


# The matrix ---------------------------------------------------------------------------------------------------------


def confusion(summary: Data, say: Say) -> Html:
    """The matrix whose numbers open the rows they count, and the pairs that are confused most."""
    matrix = summary["confusion"]
    if not matrix:
        return joined()
    labels, counts = matrix["labels"], matrix["counts"]
    spans = summary["answer"] == "spans"
    told = [say("result.confusion.tags" if spans else "result.confusion.caption")]
    if matrix["shortened"]:
        told.append(say("result.confusion.short", count=len(labels)))
    columns = [
        element("th", element("span", text(label, _LABEL)), scope="col", title=text_of(label)) for label in labels
    ]
    head = element("tr", element("td", cls="corner"), columns)
    rows = [_true_row(place, labels, row, say) for place, row in enumerate(counts)]
    caption = element("span", say("result.confusion"), cls="visually-hidden")
    body = table(caption, [head], rows, cls=f"result-matrix{_shape(labels)}")
    told_above = element("p", " ".join(told), cls="subdued")
    return element("section", element("h3", say("result.confusion")), told_above, body, cls="result-confusion")


def _shape(labels: Sequence[str]) -> str:
    """How the matrix fits: long names are turned, many columns are narrow, very many get the whole width."""
    turned = len(labels) > 3 and max(map(len, labels)) > 8
    many = len(labels) > 12 or (turned and len(labels) > 8)
    return (" turned" if turned else "") + (" tight" if len(labels) > 6 else "") + (" many" if many else "")


def _true_row(true: int, labels: Sequence[str], row: Sequence[int], say: Say) -> Html:
    total = sum(row)
    cells = [_cell((true, guess), labels, count, total, say) for guess, count in enumerate(row)]
    return element("tr", element("th", text(labels[true], _LABEL), scope="row", title=text_of(labels[true])), cells)


def _cell(place: tuple[int, int], labels: Sequence[str], count: int, total: int, say: Say) -> Html:
    if not count:
        return element("td")
    true, guess = place
    kind = "right" if true == guess else "wrong"
    names = {"true": text_of(labels[true]), "predicted": text_of(labels[guess])}
    told = say("result.confusion.cell", count=f"{count:,}", **names)
    asked = {"type": "button", "data_ask": f"cell:{true}:{guess}@0", "title": told, "aria_label": told}
    # A few rows of many must still be seen, so that no coloured cell begins at nothing.
    style = f"--share:{8 + 37 * count / total:.0f}%"
    return element("td", element("button", f"{count:,}", **asked), cls=kind, style=style)


def pairs(matrix: Data, say: Say) -> Html:
    """The cells off the diagonal with the most rows."""
    if not matrix:
        return joined()
    labels, counts = matrix["labels"], matrix["counts"]
    cells = [(true, guess) for true, row in enumerate(counts) for guess, count in enumerate(row) if count]
    wrong = sorted((cell for cell in cells if cell[0] != cell[1]), key=lambda cell: -counts[cell[0]][cell[1]])[:PAIRS]
    listed = [element("li", _pair(cell, labels, counts[cell[0]][cell[1]], say)) for cell in wrong]
    shown = element("ol", listed) if wrong else element("p", say("result.pairs.none"), cls="subdued")
    return element("section", element("h3", say("result.pairs")), shown, cls="result-pairs")


def _pair(place: tuple[int, int], labels: Sequence[str], count: int, say: Say) -> Html:
    true, guess = place
    words = say("result.pair", true=text_of(labels[true]), predicted=text_of(labels[guess]))
    number = element("span", f"{count:,}", cls="count")
    return element("button", number, text(words, 160), type="button", cls="open", data_ask=f"cell:{true}:{guess}@0")
