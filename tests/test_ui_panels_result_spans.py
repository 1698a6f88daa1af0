"""Tagged words: neighbours of one entity stand in one mark that says its kind."""

from __future__ import annotations

from studio.ui.panels.result_spans import COLOURS, colour, kind_of, pieces, tagged
from studio.ui.words import speaker

EN = speaker("en")


def test_words_of_one_entity_stand_together_and_neighbours_apart() -> None:
    found = list(pieces(["Ann", "Lee", "saw", "Bob", "Ed"], ["B-PER", "I-PER", "O", "B-PER", "B-PER"]))
    assert found == [("PER", ["Ann", "Lee"]), ("", ["saw"]), ("PER", ["Bob"]), ("PER", ["Ed"])]


def test_words_without_a_tag_and_tags_without_a_word_do_no_harm() -> None:
    assert list(pieces(["a", "b"], ["B-X"])) == [("X", ["a"]), ("", ["b"])]
    assert list(pieces(["a"], ["B-X", "I-X"])) == [("X", ["a"])]
    assert list(pieces([], ["B-X"])) == []


def test_tags_without_a_place_are_their_own_kind() -> None:
    assert [kind_of(tag) for tag in ("O", "B-PER", "E-LOC", "NOUN", "X-ray")] == ["", "PER", "LOC", "NOUN", "X-ray"]


def test_each_kind_keeps_its_colour() -> None:
    kinds = [f"k{number}" for number in range(COLOURS + 2)]
    assert [colour(kind, kinds) for kind in kinds[:COLOURS]] == list(range(COLOURS))
    assert colour("strange", kinds) == COLOURS - 1


def test_hostile_words_and_tags_stay_text() -> None:
    shown = str(tagged(["<b>x</b>"], ["B-<i>${1}"], "true", ["<i>${1}"], EN))
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "${" not in shown


def test_a_very_long_row_is_cut_and_says_so() -> None:
    shown = str(tagged(["w"] * 1000, ["O"] * 1000, "true", [], EN))
    assert "600 more words" in shown
