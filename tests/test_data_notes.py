"""Findings are one line, with few examples and with nouns that agree."""

from __future__ import annotations

from studio.data import notes


def test_a_text_becomes_one_line_that_is_not_too_long() -> None:
    assert notes.cut(" two\n lines\t here ") == "two lines here"
    long = notes.cut("word " * 1000)
    assert len(long) == notes.EXAMPLE_LENGTH
    assert long.endswith("…")


def test_nouns_agree_with_their_number() -> None:
    assert [notes.plural(n, "row") for n in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
    assert notes.plural(2, "class", "classes") == "2 classes"


def test_a_note_shows_a_few_examples_and_cannot_be_mended() -> None:
    found = notes.note("odd", "Odd rows.", 9, [f"row {i}" for i in range(9)])
    assert (found.count, found.severity, found.fix) == (9, "info", None)
    assert found.examples == [f"row {i}" for i in range(notes.EXAMPLES)]


def test_replaced_rows_are_told_and_none_are_not() -> None:
    assert notes.replaced_note([], "a.csv") == []
    assert notes.replaced_note(["3"], "a.csv", 7)[0].message.startswith("7 rows of a.csv were left out")
