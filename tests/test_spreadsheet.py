"""Tables for spreadsheets: every field is there, and no cell is a formula."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from studio.spreadsheet import as_csv


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def test_every_field_of_any_row_gets_a_column_and_nested_fields_are_json() -> None:
    table = cells(as_csv([{"text": "ü, a", "top": [{"label": "x"}]}, {"score": 0.5}]))
    assert table == [["text", "top", "score"], ["ü, a", '[{"label": "x"}]', ""], ["", "", "0.5"]]


def test_numbers_stay_numbers_and_formulas_become_text() -> None:
    table = cells(as_csv([{"a": "-1.5", "b": "=1+1", "c": "@x", "=d": "+49 30"}]))
    assert table == [["a", "b", "c", "'=d"], ["-1.5", "'=1+1", "'@x", "'+49 30"]]


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9)), max_size=5))
def test_no_cell_of_any_table_begins_like_a_formula(rows: list[dict[str, str]]) -> None:
    for row in cells(as_csv(rows)):
        for cell in row:
            assert cell[:1] not in ("=", "@", "\t", "\r")
            assert cell[:1] not in ("+", "-") or isinstance(float(cell), float)
