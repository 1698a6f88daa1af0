"""Where the model errs: the table of classes, the matrix whose numbers are pressed, the pairs confused most."""

from __future__ import annotations

import re

import pytest

from studio.ui.panels.result_classes import FEW, Order, class_table, confusion, order, pairs
from studio.ui.shared import Data
from studio.ui.words import speaker

EN = speaker("en")
HOSTILE = '<script>alert(1)</script>"${6*7}{{1}}'


def entry(name: str, f1: float, support: int = 10) -> Data:
    return {"name": name, "precision": f1, "recall": f1, "f1": f1, "support": support, "predicted": support}


def summary(classes: list[Data], matrix: Data | None = None, answer: str = "label") -> Data:
    return {"classes": classes, "answer": answer, "confusion": matrix or {}}


MATRIX: Data = {"labels": ["cat", HOSTILE, "cow"], "counts": [[5, 2, 0], [0, 7, 0], [1, 3, 0]], "shortened": False}


def names(shown: str) -> list[str]:
    return re.findall(r'data-ask="class:\d+@0">([^<]*)<', shown)


def test_the_weakest_classes_come_first_and_the_rest_on_request() -> None:
    classes = [entry(f"c{number:02}", number / 100) for number in range(50)]
    shown = str(class_table(summary(classes), Order(), EN))
    assert names(shown) == [f"c{number:02}" for number in range(FEW)]
    assert "Show all 50 classes" in shown
    everything = str(class_table(summary(classes), Order(everything=True), EN))
    assert len(names(everything)) == 50


def test_a_class_without_rows_is_no_weak_class() -> None:
    shown = str(class_table(summary([entry("none", 0.0, 0), entry("weak", 0.3), entry("good", 0.9)]), Order(), EN))
    assert names(shown) == ["weak", "good", "none"]


@pytest.mark.parametrize("key", ["name", "precision", "recall", "f1", "support"])
def test_every_heading_sorts_and_turns_round_when_pressed_again(key: str) -> None:
    classes = [entry("b", 0.2, 5), entry("a", 0.9, 7)]
    first = Order(key)
    assert order(str(first)) == first
    shown = str(class_table(summary(classes), first, EN))
    assert f'data-ask="sort:{key}:down:few"' in shown
    assert 'aria-sort="ascending"' in shown
    turned = str(class_table(summary(classes), Order(key, up=False), EN))
    assert names(turned) == list(reversed(names(shown)))


@pytest.mark.parametrize("ask", ["", "sort:f1:up", "sort:colour:up:few", "sort:f1:up:few extra", "cell:1:2@0"])
def test_what_is_no_order_is_not_taken_for_one(ask: str) -> None:
    assert order(ask) is None


def test_every_count_of_the_matrix_opens_its_rows_and_zeros_do_not() -> None:
    shown = str(confusion(summary([], MATRIX), EN))
    assert re.findall(r'data-ask="(cell:\d:\d@0)"', shown) == [
        "cell:0:0@0",
        "cell:0:1@0",
        "cell:1:1@0",
        "cell:2:0@0",
        "cell:2:1@0",
    ]
    assert 'aria-label="2: true cat, model &lt;script&gt;' in shown


def test_labels_stay_text_in_matrix_pairs_and_table() -> None:
    shown = str(confusion(summary([], MATRIX), EN)) + str(pairs(MATRIX, EN))
    shown += str(class_table(summary([entry(HOSTILE, 0.5)]), Order(), EN))
    assert "<script" not in shown
    assert "${" not in shown
    assert "{{" not in shown


def test_the_pairs_confused_most_come_first() -> None:
    shown = str(pairs(MATRIX, EN))
    assert re.findall(r'data-ask="(cell:\d:\d@0)"', shown) == ["cell:2:1@0", "cell:0:1@0", "cell:2:0@0"]
    perfect = {"labels": ["a", "b"], "counts": [[3, 0], [0, 3]], "shortened": False}
    assert "no mistakes" in str(pairs(perfect, EN))


def test_a_shortened_matrix_says_so() -> None:
    assert "most mistakes" in str(confusion(summary([], MATRIX | {"shortened": True}), EN))
    assert str(confusion(summary([]), EN)) == ""
