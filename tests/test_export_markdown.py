"""What strangers wrote stays text in a model card."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from studio.export.markdown import number, plain, quoted, table


@given(st.text())
def test_no_text_can_begin_markup_or_a_new_cell(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[`*\[\]|<>]", shown.replace("\\\\", ""))


def test_ordinary_labels_stay_as_they_are() -> None:
    assert plain("card_arrival") == "card_arrival"
    assert plain("B-PER") == "B-PER"
    assert plain("a|b <b>") == "a\\|b \\<b\\>"


@given(st.text())
def test_a_quoted_text_is_a_string_of_json_and_so_of_yaml(text: str) -> None:
    assert isinstance(json.loads(quoted(text)), str)


def test_numbers_and_tables_are_laid_out() -> None:
    assert (number(0.5), number(1234), number(None), number(True)) == ("0.5000", "1,234", "-", "true")
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
