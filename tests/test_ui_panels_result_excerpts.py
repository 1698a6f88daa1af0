"""Answers are marked where they stand in their text, told apart from the right ones, and never become markup."""

from __future__ import annotations

from typing import Any

from studio.ui.panels import result_answers as answers
from studio.ui.panels import result_excerpts as excerpts
from studio.ui.words import speaker

SAY = speaker("en")


def test_what_was_said_and_what_is_right_are_marked_apart_and_together() -> None:
    shown = str(excerpts.marked("the good film", [(0, 8)], [(4, 13)]))
    assert '<mark class="excerpt-said">the </mark>' in shown
    assert '<mark class="excerpt-said-right">good</mark>' in shown
    assert '<mark class="excerpt-right"> film</mark>' in shown


def test_a_long_text_is_shown_around_what_is_marked() -> None:
    context = "a" * 2000 + "🎬 answer" + "b" * 2000
    shown = str(excerpts.marked(context, [(2002, 2008)], []))
    assert '<mark class="excerpt-said">answer</mark>' in shown
    assert shown.count("…") == 2
    assert len(shown) < 1200
    assert "<mark" not in str(excerpts.marked("short", [(90, 95)], []))  # of a text that has changed


def found(**changes: Any) -> dict[str, Any]:
    top: list[dict[str, Any]] = [
        {"answer": "a <b>", "start": 0, "end": 5, "score": 0.6},
        {"answer": "", "start": None, "end": None, "score": 0.3},
        {"answer": "b", "start": 3, "end": 4, "score": 0.1},
    ]
    return top[0] | {"top": top, "context": "a <b> c", "question": "q"} | changes


def test_an_answer_has_its_text_and_the_next_best() -> None:
    shown = str(answers.answer(found(), [], SAY))
    assert "60.0 %" in shown
    assert '<mark class="excerpt-said">a &lt;b&gt;</mark>' in shown
    assert "<b>" not in shown
    assert shown.index("no answer") < shown.index("10.0 %")


def test_no_answer_is_said_in_words() -> None:
    shown = str(answers.answer(found(answer="", start=None, end=None, top=[]), [], SAY))
    assert "no answer" in shown
    assert "<mark" not in shown
    item: dict[str, Any] = {
        "target": [],
        "places": [],
        "answer": "",
        "start": None,
        "end": None,
        "score": 0.9,
        "exact": 1.0,
    }
    assert "no answer" in str(excerpts.compared(item, SAY))


def test_a_files_answers_stand_in_its_table() -> None:
    rows = [{"line": "a.csv:2"} | found(), {"line": "a.csv:3"} | found(answer="")]
    shown = str(answers.predictions({"rows": rows, "count": 2, "failed": 0}, "download/x", [], SAY))
    assert "a &lt;b&gt;" in shown
    assert "q | a &lt;b&gt; c" in shown
    assert "–" in shown
