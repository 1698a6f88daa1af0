"""Held-out rows with what is true and what the model said, and which of them a press asks for."""

from __future__ import annotations

import pytest

from studio.errors import RequestError
from studio.ui.panels.result_examples import Context, Wanted, listing, wanted
from studio.ui.shared import Data
from studio.ui.words import speaker

EN = speaker("en")
HOSTILE = "<img src=x onerror=alert(1)>${6*7}\u202e"
SUMMARY: Data = {
    "answer": "label",
    "classes": [{"name": "cat"}, {"name": "dog"}],
    "confusion": {"labels": ["cat", "dog"], "counts": [[1, 2], [3, 4]]},
}
CONTEXT = Context("01m815d8cqv6m51vp5fzsg25jk", ("PER", "LOC"))


def shown(items: list[Data], ask: str = "sure@0", total: int | None = None) -> str:
    found = {"total": len(items) if total is None else total, "items": items}
    return str(listing(wanted(ask, SUMMARY, EN), found, CONTEXT, EN))


def text_row(**changes: object) -> Data:
    return {"index": 0, "line": "a.csv:2", "target": "cat", "label": "dog", "score": 0.9, "text": "hello"} | changes


def test_a_cell_asks_for_the_rows_it_counts() -> None:
    asked = wanted("cell:0:1@20", SUMMARY, EN)
    assert asked.choice == {"true": "cat", "predicted": "dog", "order": "score"}
    assert asked.start == 20
    assert asked.title == "True cat, the model said dog"


def test_a_class_asks_for_its_rows() -> None:
    assert wanted("class:1@0", SUMMARY, EN).choice == {"true": "dog", "order": "score"}
    assert wanted("class:1@0", SUMMARY | {"answer": "spans"}, EN).title == "Rows with dog"


@pytest.mark.parametrize("ask", ["", "cell:0:9@0", "cell:-1:0@0", "class:2@0", "sure@", "sure@-1", "x@0", "sure@0;"])
def test_what_the_result_does_not_have_is_refused(ask: str) -> None:
    with pytest.raises(RequestError):
        wanted(ask, SUMMARY, EN)


def test_a_mistake_shows_both_labels_and_a_right_answer_one() -> None:
    wrong = shown([text_row()])
    assert "chip-wrong" in wrong
    assert "chip-plain" in wrong
    assert "90.0 % sure" in wrong
    right = shown([text_row(label="cat")])
    assert "chip-right" in right
    assert "chip-plain" not in right


def test_hostile_texts_labels_and_lines_stay_text() -> None:
    row = text_row(text=HOSTILE, target=HOSTILE, label=HOSTILE + "2", line=HOSTILE)
    assert "<img" not in shown([row])
    assert "${" not in shown([row])
    assert "\u202e" not in shown([row])
    assert "<img" not in str(listing(Wanted("sure", {}, HOSTILE), {"total": 1, "items": [row]}, CONTEXT, EN))


def test_a_long_text_can_be_unfolded() -> None:
    found = shown([text_row(text="word " * 200)])
    assert "<details" in found
    assert "word word" in found


def test_images_are_shown_from_the_store_by_their_place() -> None:
    item = {"index": 4, "line": "x.png", "target": "cat", "label": "dog", "score": 0.5, "image": 17}
    found = shown([item])
    assert f'src="image/{CONTEXT.dataset}/17.png?side=128"' in found
    assert 'alt="image 17, true cat"' in found


def test_wrong_tags_are_shown_twice_and_right_ones_once() -> None:
    item: Data = {"index": 0, "target": ["B-PER", "O"], "tags": ["B-LOC", "O"], "score": 0.8, "tokens": ["Ann", "ran"]}
    assert shown([item]).count("result-tagged") == 2
    assert shown([item | {"tags": item["target"]}]).count("result-tagged") == 1


def test_rows_of_a_dataset_that_is_gone_still_show_what_was_said() -> None:
    row = {name: value for name, value in text_row().items() if name != "text"}
    assert "The row itself is gone" in shown([row])
    assert "dog" in shown([row])
    assert "gone" in shown([{"index": 0, "target": ["O"], "tags": ["O"], "score": 0.8}])


def test_pages_lead_back_and_on() -> None:
    first = shown([text_row()] * 20, "wrong@0", 45)
    assert 'data-ask="wrong@20"' in first
    assert "1 to 20 of 45" in first
    last = shown([text_row()] * 5, "wrong@40", 45)
    assert 'data-ask="wrong@20"' in last
    assert 'data-ask="wrong@60"' not in last


def test_an_empty_list_says_what_that_means() -> None:
    assert "No mistakes" in shown([])
    assert "No rows of this kind" in shown([], "cell:0:1@0")
