"""What the terminal shows: safe text, tables that fit, plots, progress with and without a terminal."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.terminal import plot, tables, text
from studio.terminal.progress import Moment, Progress

ESCAPE, RIGHT_TO_LEFT, LONE = "\x1b[2J", "\u202e", "\udc80"


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Paper(io.StringIO):
    """A stream that says it is none."""

    encoding = "ascii"


# Text ----------------------------------------------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(), max_size=50))
def test_nothing_that_is_shown_can_move_the_cursor_or_turn_the_text_around(anything: str) -> None:
    shown = text.visible(anything)
    assert all(c.isprintable() or c in "\u00a0\u3000" or c.isspace() for c in shown)
    assert not set(shown) & set("\n\r\t\x1b\x9b\u2028\u2029\u202e\u2066")
    shown.encode("utf-8")


def test_control_characters_and_bidirectional_marks_have_visible_stand_ins() -> None:
    assert text.visible(ESCAPE) == "\u241b[2J"
    assert text.visible(f"txt{RIGHT_TO_LEFT}gpj") == "txt<U+202E>gpj"
    assert text.visible("a\x7fb\x9bc") == "a\u2421b<U+009B>c"
    assert text.visible(LONE) == "<U+DC80>"


@pytest.mark.parametrize("plain", ["", "plain", "naïve", "中文", "emoji 🎉", "a\u00a0b"])
def test_ordinary_text_is_shown_as_it_is(plain: str) -> None:
    assert text.visible(plain) == plain


def test_lines_stay_lines_where_lines_are_meant() -> None:
    assert text.visible_lines("one\ntwo\tend\r") == "one\ntwo end\u240d"


@given(st.text(max_size=40), st.integers(3, 40))
def test_a_cut_text_fits_and_begins_as_the_whole(whole: str, columns: int) -> None:
    shown = text.cut(whole, columns)
    assert text.width(shown) <= columns
    assert shown == whole or whole.startswith(shown.removesuffix("..."))


def test_wide_characters_count_for_two_columns_and_marks_for_none() -> None:
    assert text.width("中文") == 4
    assert text.width("e\u0301") == 1
    assert text.pad("中", 4) == "中  "


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (True, "yes"), (1234, "1,234"), (0.5, "0.5000"), (3.0, "3"), (5e-5, "5e-05"), (0.0, "0"),
        (math.nan, "not a number"), (-math.inf, "infinite"), (["a", 1], "a, 1"), (ESCAPE, "\u241b[2J"),
    ],
)  # fmt: skip
def test_values_are_shown_as_people_write_them(value: Any, shown: str) -> None:
    assert text.number(value) == shown


def test_times_and_sizes_have_units() -> None:
    assert [text.duration(s) for s in (0.42, 59, 200, 7500)] == ["0.42 s", "59 s", "3 min 20 s", "2 h 5 min"]
    assert [text.size(n) for n in (12, 1500, 2.5e6, 3.21e9)] == ["12 bytes", "2 kB", "2 MB", "3.2 GB"]


# Tables --------------------------------------------------------------------------------------------------------------


def test_numbers_stand_at_the_right_and_texts_at_the_left() -> None:
    assert tables.table(("name", "rows"), [("a", 5), ("bb", 1234)]).splitlines() == [
        "name   rows",
        "----  -----",
        "a         5",
        "bb    1,234",
    ]


@given(st.lists(st.tuples(st.text(max_size=200), st.integers(), st.text(max_size=200)), min_size=1, max_size=5))
def test_a_table_fits_its_page_whatever_the_cells_hold(rows: list[tuple[str, int, str]]) -> None:
    numbers = max(len(f"{row[1]:,}") for row in rows)
    columns = max(4, numbers) + 2 * tables.NARROWEST + 8
    lines = tables.table(("name", "rows", "text"), rows, tables.Layout(columns)).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(text.width(line) <= columns for line in lines)


def test_a_last_column_may_be_broken_into_lines_instead_of_being_cut() -> None:
    page = tables.table(("a", "help"), [("x", "one two three four five six seven")], tables.Layout(20, wrap=True))
    assert [line.strip() for line in page.splitlines()[2:]] == ["x  one two three", "four five six", "seven"]


def test_facts_without_a_value_are_left_out() -> None:
    assert tables.facts({"a": 1, "bbb": None, "cc": ""}) == "a  1"


# Plots ---------------------------------------------------------------------------------------------------------------

CURVES = {
    "Loss/train": [(step, 2.0 / (1 + step / 50)) for step in range(0, 1000, 10)],
    "Loss/valid": [(step, 2.1 / (1 + step / 80)) for step in range(100, 1000, 100)],
}


@pytest.mark.parametrize("unicode", [True, False])
def test_a_plot_fits_eighty_columns_and_names_its_curves(unicode: bool) -> None:
    lines = plot.plot(CURVES, 80, 12, unicode).splitlines()
    assert len(lines) == 15
    assert max(map(len, lines)) <= 80
    assert "Loss/train" in lines[-1]
    assert "o Loss/valid" in lines[-1]
    assert sum(line.count("o") for line in lines[:12]) == 9
    assert lines[-2].split() == ["0", "step", "990"]


def test_a_plot_is_pure_ascii_where_the_terminal_can_show_no_more() -> None:
    assert plot.plot(CURVES, unicode=False).isascii()
    assert not plot.plot(CURVES, unicode=True).isascii()


def test_a_falling_curve_begins_at_the_top_left_and_ends_at_the_bottom_right() -> None:
    lines = plot.plot({"a": [(0, 1.0), (10, 0.0)]}, 40, 8, unicode=False).splitlines()
    assert lines[0].startswith("  1 |.")
    assert lines[7].endswith(".")
    assert lines[7].startswith("  0 |")


@pytest.mark.parametrize("points", [[], [(5, math.nan)], [(1, math.inf), (2, -math.inf)]])
def test_nothing_to_draw_is_an_empty_plot(points: list[tuple[int, float]]) -> None:
    assert plot.plot({"a": points}) == ""


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.floats(-1e30, 1e30) | st.just(math.nan)), min_size=1, max_size=20),
    st.booleans(),
)
def test_any_finite_points_can_be_drawn(points: list[tuple[int, float]], unicode: bool) -> None:
    drawn = plot.plot({"a": sorted(points)}, 60, 6, unicode)
    assert all(len(line) <= 60 for line in drawn.splitlines())


# Progress ------------------------------------------------------------------------------------------------------------


def test_without_a_terminal_a_line_comes_now_and_then_and_with_each_phase() -> None:
    paper, seconds = Paper(), iter([0.0, 4.0, 9.0, 10.5, 11.0, 11.5])
    shown = Progress(paper, clock=lambda: next(seconds))
    for share in (0.1, 0.2, 0.3, 0.4):
        shown.show(Moment("training", share, f"step {share:g}"))
    shown.show(Moment("evaluating"))
    shown.close()
    assert paper.getvalue() == "training, 10%, step 0.1\ntraining, 40%, step 0.4\nevaluating\n"


def test_on_a_terminal_one_line_is_painted_over_and_over_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen()
    shown = Progress(screen)
    shown.show(Moment("training", 0.5, "x" * 200))
    shown.note("warning: look")
    shown.show(Moment("training", 1.0))
    shown.close()
    painted = screen.getvalue().split("\r\x1b[K")
    assert screen.getvalue().count("\n") == 1
    assert "warning: look\n" in painted
    assert all(len(line) < 60 for line in painted)
    assert "\u2588" * 12 + "\u2591" * 12 in painted[1]


def test_names_in_notes_and_phases_cannot_repaint_the_screen() -> None:
    paper = Paper()
    shown = Progress(paper)
    shown.note(f"file {ESCAPE}")
    shown.show(Moment(ESCAPE))
    assert "\x1b" not in paper.getvalue()
