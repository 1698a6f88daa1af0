"""Counting which classes are taken for which."""

from __future__ import annotations

import json
from pathlib import Path

from studio.export import confusion


def test_classes_and_tags_are_counted_from_kept_predictions(tmp_path: Path) -> None:
    rows = [{"target": "a", "label": "b"}, {"target": "a", "label": "a"}, {"target": ["a", "b"], "tags": ["b", "b"]}]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = confusion.read(tmp_path / "test.jsonl", ["a", "b"])
    assert found.counts == {("a", "b"): 2, ("a", "a"): 1, ("b", "b"): 1}
    assert found.recall("a") == 1 / 3
    assert found.pairs(5) == [(("a", "b"), 2)]


def test_of_many_classes_those_with_the_most_mistakes_are_shown(tmp_path: Path) -> None:
    labels = [f"class {i:02}" for i in range(40)]
    rows = [{"target": labels[i], "label": labels[i + 1]} for i in range(30, 36) for _ in range(2)]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shown = confusion.read(tmp_path / "test.jsonl", labels).confused()
    assert shown == labels[30:37]


def test_a_word_that_was_not_read_is_in_the_table_where_no_tag_stands_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps({"target": ["a", "b"], "tags": ["a", "O"]}), encoding="utf-8")
    found = confusion.read(tmp_path / "test.jsonl", ["a", "b"])
    assert found.recall("b") == 0
    assert "| b | 0 | 0 | 1 |" in confusion.section(found)


def test_without_predictions_there_is_nothing_to_count(tmp_path: Path) -> None:
    found = confusion.read(tmp_path / "test.jsonl", ["a", "b"])
    assert not found.counts
    assert found.recall("a") is None
