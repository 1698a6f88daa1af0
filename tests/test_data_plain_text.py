"""A text without a table in it is read line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import store
from studio.data.formats import recognise
from studio.errors import EmptyFile, MissingColumn
from tests.data_helpers import build, table, write

_PROSE = "It was late, and she left.\nNobody, not even he, knew why, or where.\n\nThe end\nMore: of it, perhaps\n"


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a"])
def test_lines_of_prose_are_texts_and_blank_lines_are_not(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, _PROSE)
    read = table(path)
    assert recognise(path).name == "plain_text"
    assert {column: list(cells) for column, cells in read.columns.items()} == {
        "text": [line for line in _PROSE.splitlines() if line]
    }
    assert list(read.lines) == [1, 2, 4, 5]


@pytest.mark.parametrize("content", ["text,label\na b,x\nc d,y\ne f,x\n", "x\ta b\ny\tc, d\n", "a;b\nc;d\n"])
def test_a_table_named_txt_is_still_a_table(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, "a.txt", content)
    assert recognise(path).name == "delimited"
    assert len(table(path).columns) == 2


def test_a_delimiter_that_is_named_makes_it_a_table(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.txt", "one, two / x\nthree, four, five / y\nsix / x\n"), delimiter="/")
    assert [list(cells) for cells in read.columns.values()][1] == ["x", "y", "x"]


def test_a_first_line_that_names_the_column_is_no_text(tmp_path: Path) -> None:
    assert list(table(write(tmp_path, "a.txt", "Review\none\ntwo\n")).columns) == ["Review"]
    assert len(table(write(tmp_path, "a.txt", "Review\none\ntwo\n"), header=False)) == 3


def test_classes_as_fasttext_writes_them_become_labels(tmp_path: Path) -> None:
    lines = "".join(f"__label__{'ab'[i % 2]} some words, number {i}\n" for i in range(40))
    record, _ = build(tmp_path, write(tmp_path, "a.txt", lines))
    assert (record.rows, record.label_names, record.format) == (40, ("a", "b"), "plain_text")


def test_several_classes_before_a_text_are_all_its_labels(tmp_path: Path) -> None:
    one, two = "__label__food-safety", "__label__sauce __label__cheese"
    heads = [two, one, "__label__sauce", "__label__egg\t__label__cheese"]
    lines = "".join(f"{heads[i % 4]} how do I cook {i} __label__x of it\n" for i in range(80))
    path = write(tmp_path, "a.txt", lines + "__label__egg __label__sauce")
    record, folder = build(tmp_path, path)
    assert (record.task, record.rows, record.format) == ("multilabel_classification", 80, "plain_text")
    assert record.label_names == ("cheese", "egg", "food-safety", "sauce")
    rows = store.read_rows(folder, "train")
    wanted = {"0": ["cheese", "sauce"], "1": ["food-safety"], "2": ["sauce"], "3": ["cheese", "egg"]}
    for text, labels in zip(rows["text"], rows["labels"], strict=True):
        number = text.removeprefix("how do I cook ").removesuffix(" __label__x of it")
        assert [record.label_names[label] for label in labels] == wanted[str(int(number) % 4)]
    record, _ = build(tmp_path, path, task="text_classification")
    assert record.label_names == ("egg, cheese", "food-safety", "sauce", "sauce, cheese")


def test_texts_without_labels_are_read_for_the_language_in_them(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", _PROSE * 5)
    assert build(tmp_path, path)[0].task == "masked_language_modeling"
    with pytest.raises(MissingColumn, match="No column looks like the label"):
        build(tmp_path, path, task="text_classification")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("".encode(encoding))
    with pytest.raises(EmptyFile):
        table(file)
