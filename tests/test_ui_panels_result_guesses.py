"""Guesses at missing words as markup: gaps in their text, ranked lists, and what was hidden."""

from __future__ import annotations

import re

import pytest

from studio.ui.panels import result_guesses as guesses
from studio.ui.words import speaker

BAD = "<img src=x onerror=alert(1)>"
ENTRIES = [{"label": "film", "score": 0.61}, {"label": BAD, "score": 0.2}]
FOUND = {"parts": ["the ", " was " + BAD, ""], "guesses": [ENTRIES, list(reversed(ENTRIES))], "score": 0.4}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_gap_has_its_ranked_words_and_texts_stay_texts(language: str) -> None:
    shown = str(guesses.answer(FOUND, speaker(language)))
    assert shown.count('class="result-bars"') == 2
    assert shown.index("film") < shown.index("61.0 %")
    assert shown.count("<mark") == 2
    assert "<img" not in shown


def test_hidden_words_stand_in_their_place_with_what_was_guessed() -> None:
    shown = str(guesses.compared(FOUND | {"target": ["film", "book"]}, speaker("en")))
    assert "1 of 2 hidden words guessed first" in shown
    assert shown.count('<mark class="excerpt-said-right">film') == 1
    assert shown.count('<mark class="excerpt-right">book') == 1
    assert "film 61.0 %" in shown
    assert "<img" not in shown


def test_pieces_of_a_word_follow_it_without_a_blank() -> None:
    found = {"parts": ["we mis", "##stand un", "."], "guesses": [ENTRIES, ENTRIES], "target": ["##under", "##able"]}
    shown = re.sub(r"<[^>]*>", "", str(guesses.compared(found, speaker("en"))))
    assert shown.startswith(" we misunderstand unable .")


def test_a_held_out_text_is_asked_about_with_a_blank_for_each_hidden_word() -> None:
    assert guesses.asking({"parts": ["the ", "", " was", ""]}) == "the ___  ___ was ___"
