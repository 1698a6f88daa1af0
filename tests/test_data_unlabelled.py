"""Texts without labels become rows of about a paragraph, and nothing of them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import store
from studio.data.unlabelled import LONGEST, cut
from studio.errors import LimitError, MissingColumn
from studio.settings import Limits
from tests import data_helpers
from tests.data_helpers import build, write

SENTENCE = "It was late, and nobody knew why she had left. "


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("Short.", LONGEST),
        (SENTENCE * 100, LONGEST),
        ("no end " * 1000, LONGEST),
        ("x" * 5000, LONGEST),
        ("天气很好。我们出去走走！" * 200, LONGEST // 3),
        ("天" * 3000, LONGEST // 4),
        (SENTENCE + "天" * 900 + "x" * 3000, LONGEST),
    ],
)
def test_a_long_text_is_cut_and_keeps_every_letter(text: str, most: int) -> None:
    pieces = list(cut(text))
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert len(pieces) > 1 or len(text) <= most


def test_sentences_stay_whole_where_they_can() -> None:
    assert all(piece.endswith("left.") for piece in cut(SENTENCE * 100))
    assert list(cut(" \n ")) == []


def test_a_document_a_line_becomes_rows_that_say_where_they_stood(tmp_path: Path) -> None:
    lines = [SENTENCE * (60 if i == 3 else i % 3 + 1) + str(i) for i in range(40)]
    record, folder = build(tmp_path, write(tmp_path, "a.txt", "\n".join(lines) + "\n"))
    assert (record.task, record.label_names, record.numbers) == ("masked_language_modeling", (), None)
    found = [row for split in store.SPLITS for row in store.columns(folder, split)["line"]]
    assert found.count("a.txt:4") == 3
    assert len(found) == record.rows == 42
    assert [(f.code, f.count) for f in record.findings if f.code == "cut_texts"] == [("cut_texts", 1)]


@pytest.mark.parametrize("lines", [1, 12])
def test_texts_that_are_cut_into_more_rows_than_a_dataset_may_have_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    limits = Limits(rows=25)
    monkeypatch.setattr(data_helpers, "Limits", lambda: limits)
    sentences = [f"It was very late when number {i} of them had left. " for i in range(600)]
    parts = ["".join(sentences[i::lines]) for i in range(lines)]
    path = write(tmp_path, "a.txt", "\n".join(parts) + "\n")
    assert sum(len(list(cut(part))) for part in parts) > 25
    with pytest.raises(LimitError, match="more than 25 rows"):
        build(tmp_path, path, task="masked_language_modeling")
    limits = Limits(rows=100)
    assert 25 < build(tmp_path, path, task="masked_language_modeling")[0].rows <= 100


def test_a_table_with_labels_is_read_for_its_texts_when_asked(tmp_path: Path) -> None:
    rows = "".join(f"the text of row {i},{'ab'[i % 2]}\n" for i in range(30))
    path = write(tmp_path, "a.csv", "text,label\n" + rows)
    assert build(tmp_path, path)[0].task == "text_classification"
    record, folder = build(tmp_path, path, task="masked_language_modeling")
    assert {column.name: column.role for column in record.columns} == {"text": "text", "label": None}
    assert sorted(store.columns(folder, "test")) == ["line", "text"]


def test_images_are_no_texts(tmp_path: Path) -> None:
    from PIL import Image

    for label in "ab":
        (tmp_path / "images" / label).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / label / "1.png")
    with pytest.raises(MissingColumn, match="do not suit"):
        build(tmp_path, tmp_path / "images", task="masked_language_modeling")
