"""Files are read as they stand for predictions and evaluations: every row has its place, nothing is judged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import files
from studio.data import store, unsplit
from studio.data.progress import Progress
from studio.data.store import ORDER
from studio.errors import DataError, LimitError, MissingColumn, UnknownFormat
from studio.settings import Limits
from studio.ui.words.matching import chinese
from tests import workbooks
from tests.test_ui_words_matching import ENGLISH


def read(folder: Path, file: Path, kind: str, **changes: Any) -> tuple[store.DatasetRecord, list[str]]:
    """What the importer leaves in a folder of its own, in this process."""
    folder.mkdir()
    request = {
        "id": "0" * 26,
        "name": file.name,
        "created": 0.0,
        "task": f"{kind}_classification",
        "labelled": False,
        "columns": {},
        "options": {},
        "image_size": 16,
        "sources": [{"path": str(file), "name": file.name, "sha256": ""}],
    } | changes
    unsplit.read(folder, request, Progress(folder, Limits()))
    return store.read(folder), [place for place, _ in files.read_json(folder / ORDER)]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_column_that_the_model_was_trained_on_is_read(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "title,remark\na long and winding headline,good\nanother long headline,bad\n")
    guessed, _ = read(tmp_path / "1", table, "text")
    named, _ = read(tmp_path / "2", table, "text", columns={"text": "remark", "label": "stars"})
    assert guessed.rows == named.rows == 2
    assert store.read_rows(tmp_path / "1", "test")["text"][1] == "another long headline"
    assert store.read_rows(tmp_path / "2", "test")["text"] == ["good", "bad"]


def test_a_file_that_still_has_its_labels_is_read_for_predictions(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "text,label,split\ngood film,good,train\nbad room,bad,test\n")
    roles = {"text": "text", "label": "label", "split": "split"}
    read(tmp_path / "1", table, "text", columns=roles)
    assert store.read_rows(tmp_path / "1", "test")["text"] == ["good film", "bad room"]
    tagged = written(tmp_path / "a.jsonl", '{"tokens": ["anna", "slept"], "tags": ["B-PER", "O"]}\n' * 2)
    read(tmp_path / "2", tagged, "token", columns={"tokens": "tokens", "tags": "tags"})
    assert store.read_rows(tmp_path / "2", "test")["tokens"] == [["anna", "slept"]] * 2


def test_texts_that_were_joined_for_training_are_joined_again(tmp_path: Path) -> None:
    roles = {"text": "title", "join": "body", "label": "label"}
    table = written(tmp_path / "a.csv", "title,body,label\none,two,x\nthree,,y\n")
    read(tmp_path / "1", table, "text", columns=roles)
    assert store.read_rows(tmp_path / "1", "test")["text"] == ["one | two", "three"]
    read(tmp_path / "2", table, "text", columns=roles, labelled=True)
    assert store.read_rows(tmp_path / "2", "test")["text"] == ["one | two", "three"]
    other = written(tmp_path / "b.csv", "sentence\nonly one\nand two\n")
    read(tmp_path / "3", other, "text", columns=roles)
    assert store.read_rows(tmp_path / "3", "test")["text"] == ["only one", "and two"]


def test_a_file_is_read_as_the_one_was_that_was_trained_on(tmp_path: Path) -> None:
    old = tmp_path / "a.csv"
    old.write_bytes("text,label\nÇa été déjà vu,old\n".encode("cp850"))
    read(tmp_path / "1", old, "text", options={"encoding": "cp850"})
    assert store.read_rows(tmp_path / "1", "test")["text"] == ["Ça été déjà vu"]
    book = tmp_path / "a.xlsx"
    workbooks.xlsx(book, {"2023": [["text"], ["of last year"]], "2024": [["text"], ["of this year"]]})
    read(tmp_path / "2", book, "text", options={"sheet": "2024"})
    assert store.read_rows(tmp_path / "2", "test")["text"] == ["of this year"]
    numbers = written(tmp_path / "b.csv", 'text,number\none,"1,100"\ntwo,"2,107"\nthree,"3,114"\n')
    roles = {"text": "text", "number": "number"}
    changes = {"task": "text_regression", "labelled": True, "columns": roles, "options": {"decimal": "comma"}}
    read(tmp_path / "3", numbers, "text", **changes)
    assert store.read_rows(tmp_path / "3", "test")["number"] == pytest.approx([1.1, 2.107, 3.114])


def test_a_file_of_another_make_is_read_as_it_asks_for_itself(tmp_path: Path) -> None:
    """Who trained on the second sheet of a workbook may ask with one that has a single sheet, or with a CSV."""
    book = tmp_path / "a.xlsx"
    workbooks.xlsx(book, {"only": [["text"], ["hello there"]]})
    read(tmp_path / "1", book, "text", options={"sheet": "2024"})
    assert store.read_rows(tmp_path / "1", "test")["text"] == ["hello there"]
    table = written(tmp_path / "a.csv", "text\nhello there\n")
    read(tmp_path / "2", table, "text", options={"sheet": "2024"})
    assert store.read_rows(tmp_path / "2", "test")["text"] == ["hello there"]


def test_a_plain_list_of_texts_and_a_workbook_can_be_predicted(tmp_path: Path) -> None:
    prose = written(tmp_path / "a.txt", "It was late, and dark.\n\nNobody, not one, came\n")
    _, order = read(tmp_path / "1", prose, "text")
    assert store.read_rows(tmp_path / "1", "test")["text"] == ["It was late, and dark.", "Nobody, not one, came"]
    assert order == ["a.txt:1", "a.txt:3"]
    book = workbooks.xlsx(tmp_path / "b.xlsx", {"S": [["text"], ["one text"], ["another"]]})
    read(tmp_path / "2", book, "text")
    assert store.read_rows(tmp_path / "2", "test")["text"] == ["one text", "another"]


def test_texts_become_words_where_words_are_wanted(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "sentence,id\nanna  in bonn,1\n,2\n")
    record, order = read(tmp_path / "1", table, "token")
    assert store.read_rows(tmp_path / "1", "test")["tokens"] == [["anna", "in", "bonn"]]
    assert order == ["a.csv:2", "a.csv:3"]
    assert [(skipped.where, skipped.why) for skipped in record.skipped] == [("a.csv:3", "The row is empty.")]


def test_texts_become_characters_where_those_were_learned(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "sentence\n李明住在New York。\n")
    read(tmp_path / "1", table, "token", characters=True)
    assert store.read_rows(tmp_path / "1", "test")["tokens"] == [["李", "明", "住", "在", "New", "York", "。"]]


def test_labelled_words_keep_their_tags(tmp_path: Path) -> None:
    tagged = written(tmp_path / "a.conll", "anna B-PER\nslept O\n\nbonn B-LOC\nslept O\n\n")
    record, _ = read(tmp_path / "1", tagged, "token", labelled=True)
    assert record.label_names == ("B-LOC", "B-PER", "O")
    assert record.splits == {"train": 0, "valid": 0, "test": 2}


def test_labels_are_wanted_where_an_evaluation_asks_for_them(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "text\ngood film\nbad room\n")
    with pytest.raises(MissingColumn) as refused:
        read(tmp_path / "1", table, "text", labelled=True, columns={"text": "text", "label": "stars"})
    assert refused.value.next == "Give a file with the columns text, stars that the model was trained with."


@pytest.mark.parametrize(("task", "columns"), [("token_classification", "tokens, tags"),
                                               ("question_answering", "question, context, answers")])  # fmt: skip
def test_nobody_is_told_to_use_what_a_model_has_not(tmp_path: Path, task: str, columns: str) -> None:
    """There is no task to leave out and no column to name where a model is asked about a file."""
    table = written(tmp_path / "a.csv", "question,context\n" + "who came there,anna came there with the dog\n" * 3)
    with pytest.raises(MissingColumn) as refused:
        read(tmp_path / "1", table, "text", labelled=True, task=task)
    assert refused.value.next == f"Give a file with the columns {columns} that the model was trained with."
    assert not ENGLISH.search(re.sub(columns, "", chinese(f"{refused.value.why} {refused.value.next}")))


def test_too_many_classes_are_no_reason_to_name_a_column(tmp_path: Path) -> None:
    rows = "".join(f"film {i},class {i}\n" for i in range(Limits().classes + 1))
    table = written(tmp_path / "a.csv", f"text,label\n{rows}")
    with pytest.raises(LimitError, match="so many classes") as refused:
        read(tmp_path / "1", table, "text", labelled=True)
    assert refused.value.next == "Give a file with the columns text, label that the model was trained with."
    unlabelled = written(tmp_path / "b.csv", "first,second\n1,2\n3,4\n")
    with pytest.raises(MissingColumn) as missing:
        read(tmp_path / "2", unlabelled, "text", columns={"text": "review"}, task="text_regression")
    assert missing.value.next == "Give a file with the column review that the model was trained with."


def test_images_are_found_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("b.png", "deep/a.png"):
        Image.fromarray(np.zeros((20, 30, 3), dtype=np.uint8)).save(tmp_path / "in" / name)
    written(tmp_path / "in" / "notes.txt", "not an image")
    written(tmp_path / "in" / "c.png", "not an image either")
    record, order = read(tmp_path / "1", tmp_path / "in", "image")
    assert record.rows == 2
    assert sorted(order) == ["b.png", "c.png", "deep/a.png"]
    assert [skipped.where for skipped in record.skipped] == ["c.png"]
    assert store.columns(tmp_path / "1", "test")["image"].shape == (2, 16, 16, 3)  # type: ignore[attr-defined]


def test_data_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "images" / "a").mkdir(parents=True)
    Image.new("RGB", (20, 20)).save(tmp_path / "images" / "a" / "1.png")
    with pytest.raises(DataError, match=r"holds images, but the model reads texts"):
        read(tmp_path / "1", tmp_path / "images", "text")
    table = written(tmp_path / "a.csv", "text,label\na,b\nc,d\n")
    with pytest.raises(DataError, match=r"holds a table, but the model reads images"):
        read(tmp_path / "2", table, "image", labelled=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnknownFormat, match=r"holds no images"):
        read(tmp_path / "3", tmp_path / "empty", "image")
    with pytest.raises(DataError, match=r"No row of b\.csv can be used"):
        read(tmp_path / "4", written(tmp_path / "b.csv", "text,id\n,1\n,2\n"), "text", columns={"text": "text"})
