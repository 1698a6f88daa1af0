"""The confidence slider: one sentence per threshold, one of them shown, without asking the server."""

from __future__ import annotations

from studio.ui.panels.result_confidence import confidence
from studio.ui.words import speaker

POINTS = [{"threshold": n / 20, "coverage": 1 - n / 20, "accuracy": 0.9 if n < 19 else None} for n in range(20)]


def test_every_threshold_has_its_sentence_and_one_is_shown() -> None:
    shown = str(confidence(POINTS, False, speaker("en")))
    assert shown.count("data-threshold=") == 20
    assert shown.count(" hidden") == 19
    assert "At 80 % confidence or more it answers 20.0 % of the rows, and 90.0 % of the answers are right." in shown


def test_a_threshold_that_no_answer_reaches_says_so() -> None:
    assert "never 95 % sure" in str(confidence(POINTS, False, speaker("en")))


def test_words_are_counted_where_words_are_tagged() -> None:
    assert "of the words" in str(confidence(POINTS, True, speaker("en")))
    assert "的词" in str(confidence(POINTS, True, speaker("zh")))


def test_nothing_is_shown_before_there_are_answers() -> None:
    assert str(confidence([], False, speaker("en"))) == ""
