"""Files are read as they stand for predictions and evaluations: every row has its place, nothing is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import files
from studio.data import store, unsplit
from studio.data.progress import Progress
from studio.data.store import ORDER
from studio.errors import DataError, MissingColumn, UnknownFormat
from studio.settings import Limits
from tests import workbooks


def read(folder: Path, file: Path, task: str, **changes: Any) -> tuple[store.DatasetRecord, list[str]]:
    """What the importer leaves in a folder of its own, in this process."""
    folder.mkdir()
    request = {
        "id": "0" * 26,
        "name": file.name,
        "created": 0.0,
        "task": f"{task}_classification",
        "labelled": False,
        "columns": {},
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


def test_labelled_words_keep_their_tags(tmp_path: Path) -> None:
    tagged = written(tmp_path / "a.conll", "anna B-PER\nslept O\n\nbonn B-LOC\nslept O\n\n")
    record, _ = read(tmp_path / "1", tagged, "token", labelled=True)
    assert record.label_names == ("B-LOC", "B-PER", "O")
    assert record.splits == {"train": 0, "valid": 0, "test": 2}


def test_labels_are_wanted_where_an_evaluation_asks_for_them(tmp_path: Path) -> None:
    table = written(tmp_path / "a.csv", "text\ngood film\nbad room\n")
    with pytest.raises(MissingColumn):
        read(tmp_path / "1", table, "text", labelled=True)


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
