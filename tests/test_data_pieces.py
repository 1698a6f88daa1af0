"""Two columns of texts become one text, the same way for training and for predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import store
from studio.data.pieces import JOIN, joined
from studio.errors import InvalidOption, MissingColumn
from tests.data_helpers import build, write

_PAIRS = "premise,hypothesis,label\n" + "".join(
    f"it rained all day in town {i},the streets were wet {i},{'yes' if i % 2 else 'no'}\n" for i in range(40)
)


def test_cells_are_joined_with_a_bar_where_both_say_something() -> None:
    assert joined([["a", "b", "", ""], ["c", "", "d", ""]]) == [f"a{JOIN}c", "b", "d", ""]
    assert joined([[["a", "b"], "c"], ["d", ["e"]]]) == [f"a b{JOIN}d", f"c{JOIN}e"]
    assert joined([[["a"]]]) == [["a"]]


def test_two_columns_are_one_text_and_the_dataset_remembers_it(tmp_path: Path) -> None:
    record, folder = build(
        tmp_path,
        write(tmp_path, "a.csv", _PAIRS),
        {"text": "premise", "join": "hypothesis"},
        task="text_classification",
    )
    assert {use.role: use.name for use in record.columns if use.role} == {
        "text": "premise",
        "join": "hypothesis",
        "label": "label",
    }
    assert record.options == {"text": "premise", "join": "hypothesis"}
    texts = [text for split in store.SPLITS for text in store.read_rows(folder, split)["text"]]
    assert "it rained all day in town 7 | the streets were wet 7" in texts


def test_a_second_column_of_texts_is_offered(tmp_path: Path) -> None:
    record, _ = build(tmp_path, write(tmp_path, "a.csv", _PAIRS), task="text_classification")
    offers = [finding for finding in record.findings if finding.code == "second_text"]
    assert [(offer.severity, offer.fix, offer.examples) for offer in offers] == [("info", None, ["hypothesis"])]
    joined_record, _ = build(
        tmp_path, write(tmp_path, "b.csv", _PAIRS), {"join": "hypothesis"}, task="text_classification"
    )
    assert "second_text" not in {finding.code for finding in joined_record.findings}


@pytest.mark.parametrize("column", ["label", "nothing"])
def test_a_column_that_is_not_there_or_plays_another_role_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(InvalidOption):
        build(
            tmp_path,
            write(tmp_path, "a.csv", _PAIRS),
            {"text": "premise", "label": "label", "join": column},
            task="text_classification",
        )


def test_every_file_needs_both_columns(tmp_path: Path) -> None:
    train, test = write(tmp_path, "a.csv", _PAIRS), write(tmp_path, "b.csv", "premise,label\nwords,yes\n")
    with pytest.raises(MissingColumn, match=r"b\.csv has no column 'hypothesis'"):
        build(tmp_path, train, {"text": "premise", "join": "hypothesis"}, task="text_classification", test=test)
