"""JSON in its usual shapes becomes a table; a broken line costs that line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from studio.data.formats import _text
from studio.errors import DataError, EmptyFile
from tests.data_helpers import table, write

_RECORDS = [{"text": f"text {i}", "label": "ab"[i % 2]} for i in range(4)]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(json.dumps, _RECORDS)),
        json.dumps(_RECORDS),
        json.dumps(_RECORDS, indent=1),
        json.dumps({"version": 1, "data": _RECORDS}),
        json.dumps({"version": 1, "entries": _RECORDS}, indent=2),
        json.dumps({"text": [r["text"] for r in _RECORDS], "label": [r["label"] for r in _RECORDS]}),
        "\ufeff" + "\n\n".join(map(json.dumps, _RECORDS)),
    ],
)
def test_every_usual_shape_gives_the_same_table(tmp_path: Path, content: str) -> None:
    read = table(write(tmp_path, "a.json", content))
    assert list(read.columns["text"]) == [r["text"] for r in _RECORDS]
    assert list(read.columns["label"]) == [r["label"] for r in _RECORDS]


def test_broken_lines_are_listed_by_number_and_are_not_fatal(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.jsonl", '{"text": "a"}\n\n{"text": \n[1]\n{"text": "b"}\n"c"\n'))
    assert list(read.lines) == [1, 5]
    assert [item.where for item in read.skipped.items] == ["3", "4", "6"]
    assert read.skipped.items[0].why == "The JSON is broken at column 10 (expecting value)."


def test_numbers_truth_and_nothing_become_text_and_objects_columns(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.jsonl", '{"a": 1, "b": true, "c": {"d": {"e": 1.5}}, "f": null}\n{"c": {"d": 2}}'))
    cells = {name: list(column) for name, column in read.columns.items()}
    assert cells == {"a": ["1", ""], "b": ["true", ""], "c.d.e": ["1.5", ""], "f": ["", ""], "c.d": ["", "2"]}


def test_lists_of_words_stay_lists(tmp_path: Path) -> None:
    read = table(
        write(tmp_path, "a.jsonl", '{"tokens": ["a", "b"], "tags": ["O", "B-X"]}\n{"tokens": ["c"], "tags": [0]}')
    )
    assert list(read.columns["tokens"]) == [["a", "b"], ["c"]]
    assert list(read.columns["tags"]) == [["O", "B-X"], ["0"]]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_nesting_bomb_is_refused_fast(tmp_path: Path, opening: str) -> None:
    path = write(tmp_path, "a.json", opening * 500_000)
    start = time.monotonic()
    with pytest.raises(DataError):
        table(path)
    assert time.monotonic() - start < 3


def test_a_number_without_end_is_a_bad_line(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.jsonl", '{"text": "a"}\n{"text": ' + "9" * 5000 + "}\n"))
    assert [item.why for item in read.skipped.items] == ["The JSON holds a number that is too long."]


def test_halves_of_characters_are_replaced(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.jsonl", '{"text": "a\\ud83d b", "l": "x\\u0000y"}\n{"text": "c", "l": "z"}'))
    assert list(read.columns["text"]) == ["a? b", "c"]
    assert list(read.columns["l"]) == ["xy", "z"]


def test_records_of_nothing_but_lists_of_objects_are_refused_with_a_sentence(tmp_path: Path) -> None:
    nested = {"version": "1", "data": [{"paragraphs": [{"context": "x"}]}]}
    with pytest.raises(DataError, match="nothing but lists of objects: paragraphs"):
        table(write(tmp_path, "a.json", json.dumps(nested)))


_BY_ID = {str(i): record for i, record in enumerate(_RECORDS)}
_SHAPES = {
    "columns and rows apart": {"columns": ["text", "label"], "data": [list(r.values()) for r in _RECORDS]},
    "by row": _BY_ID,
    "by row of any name": {f"r{row}": record for row, record in _BY_ID.items()},
    "by column": {name: {row: record[name] for row, record in _BY_ID.items()} for name in ("text", "label")},
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_the_shapes_that_data_frames_are_saved_in_give_the_same_table(tmp_path: Path, shape: str) -> None:
    read = table(write(tmp_path, "a.json", json.dumps(_SHAPES[shape])))
    assert list(read.columns["text"]) == [r["text"] for r in _RECORDS]
    assert list(read.columns["label"]) == [r["label"] for r in _RECORDS]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('[{"a": 1},\n {"a": 2}\n {"a": 3}]', "line 3, column 2 (expecting ',' delimiter)"),
        ('[{"a": 1},\n]', "line 2, column 1 (expecting value)"),
        ('[{"a": 1}, {"a": tru}]', "column 18 (expecting value)"),
        ('[{"a": 1}] x', "column 12 (extra data)"),
        ('[{"a": 1}', "column 10 (expecting ',' delimiter)"),
    ],
)
def test_a_broken_array_says_where(tmp_path: Path, content: str, place: str) -> None:
    with pytest.raises(DataError) as caught:
        table(write(tmp_path, "a.json", content))
    assert caught.value.why == f"The JSON is broken at {place}."


def test_an_array_is_read_in_pieces_wherever_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps([*_RECORDS, 12345, "a ] string", {"text": "é" * 50, "n": [1.25, None]}], indent=1)
    path = write(tmp_path, "a.json", content)
    whole = table(path)
    for size in (1, 2, 7):
        monkeypatch.setattr(_text, "_BLOCK", size)
        read = table(path)
        assert dict(read.columns) == dict(whole.columns)
        assert [(item.where, item.why) for item in read.skipped.items] == [
            ("5", "The entry is not a JSON object."),
            ("6", "The entry is not a JSON object."),
        ]
    assert whole.columns["n"][4] == ["1.25", ""]


@pytest.mark.parametrize("content", ["[]", "{}", "[1, 2]", '{"a": \n'])
def test_json_without_records_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises((EmptyFile, DataError)):
        table(write(tmp_path, "a.json", content))


def test_lists_named_after_splits_are_joined_and_marked(tmp_path: Path) -> None:
    whole = {"train": _RECORDS, "Validation": _RECORDS[:1], "test": _RECORDS[:2], "more": _RECORDS}
    read = table(write(tmp_path, "a.json", json.dumps(whole)))
    assert list(read.columns["split"]) == ["train"] * 4 + ["valid"] + ["test"] * 2
    assert [(n.severity, n.examples) for n in read.notes if n.code == "lists_left_out"] == [("warning", ["more"])]


def test_lists_that_are_left_out_are_named(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.json", json.dumps({"extra": _RECORDS, "data": _RECORDS[:3]})))
    assert len(read) == 3
    assert [n.message for n in read.notes] == ["Only data was read; these lists were left out: extra."]
