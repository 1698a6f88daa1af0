"""Class counts and text lengths as pictures made of markup."""

from __future__ import annotations

from typing import Any

import pytest

from studio.ui.panels.data_counts import LISTED, counts, lengths
from studio.ui.words import speaker
from tests.data_panel import HOSTILE, Elements, assert_harmless

SAY = speaker("en")


def labels(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "train": 10 + i, "valid": 1, "test": 2} for i, name in enumerate(names)]


def found(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"unit": "tokens", "edges": [0, 64, 128, 900], "counts": [5, 90, 4], "median": 70.0}
    return base | {"p99": 128, "longest": 899, "cut": {"limit": 128, "share": 0.04}} | changes


def test_classes_stand_largest_first_with_every_split() -> None:
    shown = Elements(counts(labels("few", "many"), False, SAY))
    assert shown.words.index("many") < shown.words.index("few")
    assert "train 11, valid 1, test 2" in shown.values("title")
    assert shown.values("style") == [f"width:calc((100% - 3.2rem) * {share})" for share in ("1.000", "0.929")]


def test_many_classes_wait_behind_show_all() -> None:
    few, many = (str(counts(labels(*map(str, range(n))), False, SAY)) for n in (30, 77))
    assert "details" not in Elements(few).names
    assert Elements(many).names.count("details") == 1
    assert "Show all 77 classes" in many
    assert many.count('scope="row"') == 77


def test_ten_thousand_long_names_stay_small_enough_for_a_browser() -> None:
    shown = str(counts(labels(*(f"{i} " + "x" * 5_000 for i in range(10_000))), False, SAY))
    assert len(shown) < 500_000
    assert shown.count('scope="row"') == LISTED
    assert "Show the 500 largest classes" in shown
    assert "9,500 smaller classes are not listed here." in shown


def test_words_outside_entities_are_told_apart() -> None:
    shown = str(counts([{"name": "O", "train": 9000, "valid": 0, "test": 1}, *labels("B-PER")], True, SAY))
    assert "9,001 words belong to no entity." in shown
    assert shown.count('scope="row"') == 1


def test_no_class_and_empty_classes_are_shown_without_a_fault() -> None:
    assert "0.000" in str(counts([{"name": "a", "train": 0, "valid": 0, "test": 0}], False, SAY))
    assert counts([], False, SAY)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_are_shown_as_text(text: str) -> None:
    assert_harmless(counts(labels(text), False, SAY))


def test_lengths_say_what_would_be_cut() -> None:
    shown = Elements(lengths(found(), SAY))
    assert "4 % would be cut at 128 tokens." in shown.words
    assert "at most 70 tokens, 99 % at most 128; the longest has 899" in shown.words
    assert shown.names.count("rect") == 3
    assert "4 % would be cut" in str(shown.values("aria-label"))
    assert shown.values("class").count("data-bin beyond") == 1


def test_a_small_share_is_not_rounded_to_nothing_and_none_is_said_so() -> None:
    assert "<1 % would be cut" in Elements(lengths(found(cut={"limit": 128, "share": 0.001}), SAY)).words
    whole = lengths(found(unit="words", cut={"limit": 512, "share": 0.0}), SAY)
    assert "All are read whole, up to 512 words." in Elements(whole).words


def test_images_have_no_lengths_and_one_length_is_drawn() -> None:
    assert str(lengths(None, SAY)) == ""
    assert Elements(lengths(found(edges=[0, 3], counts=[7]), SAY)).names.count("rect") == 1
