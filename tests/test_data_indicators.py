"""Columns of 0 and 1: one label where they exclude each other, a question where they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.errors import MissingColumn
from tests.data_helpers import build, write


def _rows(*patterns: str, head: str = "comment,bug,praise,question") -> str:
    return head + "\n" + "".join(f"some longer words {i},{patterns[i % len(patterns)]}\n" for i in range(60))


@pytest.mark.parametrize("yes", ["1", "1.0", "true", "True", "TRUE"])
def test_columns_that_exclude_each_other_are_one_label(tmp_path: Path, yes: str) -> None:
    no = {"1": "0", "1.0": "0.0", "true": "false", "True": "False", "TRUE": "FALSE"}[yes]
    patterns = [",".join(yes if i == place else no for i in range(3)) for place in range(3)]
    record, _ = build(tmp_path, write(tmp_path, "a.csv", _rows(*patterns)))
    assert {label.name: label.count for label in record.labels} == {"bug": 20, "praise": 20, "question": 20}
    assert [f.examples for f in record.findings if f.code == "indicators"] == [["bug", "praise", "question"]]


def test_the_label_made_of_them_can_be_named_again(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", _rows("1,0,0", "0,1,0", "0,0,1"))
    first, _ = build(tmp_path, path)
    named = {use.role: use.name for use in first.columns if use.role}
    assert build(tmp_path, path, named)[0].labels == first.labels


def test_a_row_without_any_has_no_label(tmp_path: Path) -> None:
    record, _ = build(tmp_path, write(tmp_path, "a.csv", _rows(*["1,0,0", "0,1,0"] * 7, "0,0,0", "0,0,1")))
    assert [f.count for f in record.findings if f.code == "empty_labels"] == [3]


def test_columns_that_can_be_1_together_are_no_single_label(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", _rows("1,0,1", "0,1,0", "0,0,1", "1,1,0"))
    with pytest.raises(MissingColumn, match="The columns bug, praise, question hold nothing but 0 and 1"):
        build(tmp_path, path, task="text_classification")
    assert build(tmp_path, path, {"label": "praise"})[0].label_names == ("0", "1")


def test_a_column_with_the_name_of_a_label_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", _rows("1,0,x", "0,1,y", head="text,spam,ham,label"))
    record, _ = build(tmp_path, path)
    assert record.label_names == ("x", "y")
    assert "indicators" not in {f.code for f in record.findings}
