"""Kept predictions become numbers, and every row is found again in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.errors import WrongState
from studio.runs import kept
from tests.finished import answered, tagged


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_row_with_a_class_is_a_row_of_one_word(tmp_path: Path) -> None:
    rows = [answered("好", "bad", 0.9), answered("bad", "bad", 0.8)]
    found = kept.read(write(tmp_path / "test.jsonl", rows), ("bad", "好"))
    assert found is not None
    assert len(found) == 2
    assert found.true.tolist() == [1, 0]
    assert found.guess.tolist() == [0, 0]
    assert found.wrong_rows().tolist() == [True, False]
    assert found.records([1, 0]) == [rows[1], rows[0]]


def test_rows_of_words_may_be_empty_and_keep_their_places(tmp_path: Path) -> None:
    rows = [tagged([], [], []), tagged(["O", "B-X"], ["O", "O"], [0.9, 0.6]), tagged([], [], [])]
    found = kept.read(write(tmp_path / "test.jsonl", rows), ("O", "B-X"))
    assert found is not None
    assert found.offsets.tolist() == [0, 0, 2, 2]
    assert found.wrong_rows().tolist() == [False, True, False]
    assert found.confidence(~found.right).tolist() == [0, 0.6, 0]
    assert found.tags(found.true) == [[], ["O", "B-X"], []]


def test_a_word_that_was_not_read_is_wrong_where_no_tag_stands_for_nothing(tmp_path: Path) -> None:
    found = kept.read(write(tmp_path / "test.jsonl", [tagged(["NN", "VB"], ["NN", "O"], [0.9, 0])]), ("NN", "VB"))
    assert found is not None
    assert found.labels == ("NN", "VB", "O")
    assert found.right.tolist() == [True, False]
    assert found.tags(found.guess) == [["NN", "O"]]


def test_no_file_is_nothing_and_a_damaged_one_is_said_so(tmp_path: Path) -> None:
    assert kept.read(tmp_path / "none.jsonl", ("a",)) is None
    for text in ("{", "[]", '{"target": "a"}', json.dumps(answered("a", "unknown", 1.0))):
        (tmp_path / "test.jsonl").write_text(text + "\n", encoding="utf-8")
        with pytest.raises(WrongState, match=r"test\.jsonl cannot be read"):
            kept.read(tmp_path / "test.jsonl", ("a",))


def test_a_kind_of_entity_stands_for_all_of_its_tags() -> None:
    labels = ("O", "B-PER", "I-PER", "B-LOC")
    assert kept.of_label(labels, "PER").tolist() == [1, 2]
    assert kept.of_label(labels, "B-PER").tolist() == [1]
    assert kept.of_label(labels, "O").tolist() == [0]
    assert kept.of_label(("cat", "bat"), "cat").tolist() == [0]
    assert kept.of_label(labels, "nothing").tolist() == []
