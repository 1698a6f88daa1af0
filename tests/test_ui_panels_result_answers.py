"""What a model says of new rows: one answer, a file's rows, its metrics. Whatever people write stays text."""

from __future__ import annotations

import pytest

from studio.contracts import Answer
from studio.ui.panels.result_answers import answer, known_picture, measured, predictions, suggestions
from studio.ui.shared import Data
from studio.ui.words import speaker

EN = speaker("en")
HOSTILE = "<img src=x onerror=alert(1)>${6*7}"
SAID: dict[Answer, tuple[Data, str]] = {  # a row of a file for each way in which tasks answer, and what is shown of it
    Answer.LABEL: ({"text": "a", "label": "cat", "score": 0.6}, "cat"),
    Answer.LABELS: ({"text": "a", "labels": ["cat", "dog"], "scores": [0.6, 0.7]}, "cat, dog"),
    Answer.SPANS: ({"tokens": ["Ann"], "tags": ["B-PER"], "score": 0.5}, "Ann"),
    Answer.NUMBER: ({"text": "a", "number": 2.5}, "2.5"),
    Answer.EXCERPT: ({"text": "who?", "text_b": "Ann was", "answer": "Ann", "score": 0.9}, "Ann"),
    Answer.WORDS: ({"text": "a ___", "guesses": [[{"label": "word", "score": 0.5}]]}, "word"),
}
LABELLED: Data = {"label": "cat", "score": 0.7, "top": [{"label": f"l{n}", "score": 0.1} for n in range(9)]}


def test_an_answer_shows_its_label_and_the_five_likeliest() -> None:
    shown = str(answer(LABELLED, [], EN))
    assert "70.0 %" in shown
    assert shown.count("<li>") == 5


def test_an_answer_to_a_text_the_model_cannot_read_says_so() -> None:
    assert "40 % of this text is unknown" in str(answer(LABELLED | {"unknown_share": 0.4}, [], EN))
    assert "unknown" not in str(answer(LABELLED | {"unknown_share": 0.05}, [], EN))


def test_an_answer_to_the_beginning_of_a_text_says_so() -> None:
    cut = LABELLED | {"text": "long", "read_share": 0.4}
    assert "Only the first 40 % of this text could be read" in str(answer(cut, [], EN))
    assert "只读取了这段文本开头的 40 %" in str(answer(cut, [], speaker("zh")))
    tagged: Data = {"line": "a:2", "tokens": ["Ann"], "tags": ["B-PER"], "read_share": 0.5}
    shown = str(predictions({"rows": [cut | {"line": "a:1"}, tagged], "count": 2, "failed": 0}, "", [], EN))
    assert "only the first 40 % read" in shown
    assert "only the first 50 % read" in shown
    assert "could be read" not in str(answer(LABELLED, [], EN))


def test_a_row_that_cannot_be_read_says_why() -> None:
    shown = str(answer({"error": f"No image {HOSTILE}"}, [], EN))
    assert "could not answer" in shown
    assert "<img" not in shown


def test_entities_are_marked_in_the_words() -> None:
    found: Data = {"tokens": ["Ann", HOSTILE], "tags": ["B-PER", "O"], "score": 0.9, "unread": 3}
    shown = str(answer(found, ["PER"], EN))
    assert "span-0" in shown
    assert "3 more words" in shown
    assert "<img" not in shown
    assert "${" not in shown
    assert "no entity" in str(answer(found | {"tags": ["O", "O"]}, ["PER"], EN))


def test_held_out_rows_can_be_pressed() -> None:
    items: list[Data] = [{"index": 3, "text": HOSTILE}, {"index": 5, "tokens": ["a", "b"]}, {"index": 7}]
    shown = str(suggestions(items, "d", EN))
    assert 'data-ask="3"' in shown
    assert 'data-ask="5"' in shown
    assert 'data-ask="7"' not in shown
    assert "<img" not in shown
    assert str(suggestions([{"index": 7}], "d", EN)) == ""


def test_a_held_out_image_says_its_truth() -> None:
    item = {"index": 1, "image": 2, "target": "dog"} | LABELLED
    assert "The truth is dog." in str(known_picture(item, "d", EN))
    assert 'src="image/d/2.png?side=128"' in str(suggestions([item], "d", EN))


def test_the_rows_of_a_file_stand_in_a_table_with_a_link_to_all() -> None:
    rows: list[Data] = [
        {"line": f"{HOSTILE}:2", "text": HOSTILE, "label": HOSTILE, "score": 0.4},
        {"line": "a.csv:3", "error": f"Empty {HOSTILE}"},
        {"line": "a.csv:4", "tokens": ["Ann"], "tags": ["B-PER"], "score": 0.5},
        {"line": "x.png", "label": "cat", "score": 0.6},
    ]
    shown = str(
        predictions({"rows": rows, "count": 1234, "failed": 500}, "download/r/predictions.csv?id=i", ["PER"], EN)
    )
    assert 'href="download/r/predictions.csv?id=i" download' in shown
    assert "Rows in the file: 1,234" in shown
    assert "could not be read: 500" in shown
    assert "<img" not in shown
    assert "${" not in shown


@pytest.mark.parametrize("kind", Answer)
def test_the_rows_of_a_file_are_shown_whatever_the_task_answers(kind: Answer) -> None:
    row, said = SAID[kind]
    shown = str(predictions({"rows": [row], "count": 1, "failed": 0}, "x", ["PER"], EN))
    assert f">{said}<" in shown


def test_the_metrics_of_a_file_say_what_was_left_out() -> None:
    found: Data = {
        "file": f"{HOSTILE}.csv",
        "main": "accuracy",
        "metrics": {"accuracy": 0.75, "loss": 0.5, "n": 8, "main": "accuracy", "interval": [0.5, 1.0]},
        "unknown_rows": 2,
        "unknown_labels": [{"name": HOSTILE, "count": 2}],
        "skipped_count": 1,
        "skipped": [],
    }
    shown = str(measured(found, EN))
    assert "75.0 %" in shown
    assert "50.0 % to 100.0 %" in shown
    assert "know their labels: 2" in shown
    assert "could not be read: 1" in shown
    assert "<img" not in shown
