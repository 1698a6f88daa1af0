"""Rows become canonical piece by piece: the same as in one piece, with labels as the file has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import assemble, pieces, store
from studio.data.assemble import clean_label
from studio.data.listed import several_labels
from tests.data_helpers import build, reviews, write


@pytest.mark.parametrize("label", ["1", "01", "1.0", "NA", "None", "TRUE", "-", "0", "+1", "No", "none"])
def test_a_label_stays_what_the_file_says(label: str) -> None:
    assert clean_label(f" {label} ") == label


@pytest.mark.parametrize("label", ["", " ", "nan", "NaN", "null", "NULL", "n/a", "#N/A", "<NA>", "NaT"])
def test_what_programs_write_into_an_empty_cell_is_no_label(label: str) -> None:
    assert clean_label(label) == ""


def test_the_pieces_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.csv", reviews(70, 3) + "words,\n,class1\nmore words,class2\n")
    whole, _ = build(tmp_path, path)
    monkeypatch.setattr(pieces, "PIECE", 7)
    cut, folder = build(tmp_path, path)
    unequal = {"id", "created"}
    assert cut.model_dump(exclude=unequal) == whole.model_dump(exclude=unequal)
    assert sum(len(store.read_rows(folder, split)["text"]) for split in store.SPLITS) == 71


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["a; b", "a", "b", "a; c", "c"], True),
        (["red|blue", "red", "blue", "green|red"], True),
        (["a, b", "a, c", "b, c", "a", "b"], True),
        (["Paris, France", "Rome, Italy", "Oslo, Norway"], False),
        (["good", "bad", "so, so"], False),
        (["good", "bad"], False),
        ([], False),
    ],
)
def test_labels_that_look_like_lists_are_noticed(labels: list[str], said: bool) -> None:
    assert [finding.code for finding in several_labels(labels)] == ["several_labels"] * said


def test_labels_that_a_file_holds_as_lists_are_joined_and_noticed(tmp_path: Path) -> None:
    lists = ('["a"]', '["b"]', '["a", "b"]', '["a", "c"]', '["c"]', '["b", "c"]')
    lines = "".join(f'{{"text": "some words {i}", "label": {lists[i % 6]}}}\n' for i in range(60))
    record, _ = build(tmp_path, write(tmp_path, "a.jsonl", lines), {"text": "text", "label": "label"})
    assert record.label_names == ("a", f"a{assemble.LABEL_JOIN}b", "a, c", "b", "b, c", "c")
    assert "several_labels" in {finding.code for finding in record.findings}
