"""Parquet and Arrow files become tables: numbers as they are written, class names where the file has them."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from studio.data.formats import parquet
from studio.data.reading import ReadOptions
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits
from tests.data_helpers import build, table, write

_ROWS = pa.table({"text": [f"some words {i}" for i in range(40)], "label": [i % 2 for i in range(40)]})


def _parquet(path: Path, rows: pa.Table) -> Path:
    pq.write_table(rows, path, row_group_size=7)
    return path


def _file(path: Path, rows: pa.Table) -> Path:
    with pa.ipc.new_file(str(path), rows.schema) as writer:
        writer.write_table(rows, max_chunksize=7)
    return path


def _stream(path: Path, rows: pa.Table) -> Path:
    with pa.ipc.new_stream(str(path), rows.schema) as writer:
        writer.write_table(rows, max_chunksize=7)
    return path


_WRITERS = {"parquet": _parquet, "arrow file": _file, "arrow stream": _stream}
_every_kind = pytest.mark.parametrize("writer", _WRITERS.values(), ids=_WRITERS)
Writer = Callable[[Path, pa.Table], Path]


@_every_kind
@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a"])
def test_rows_are_read_whatever_the_file_is_called(tmp_path: Path, writer: Writer, name: str) -> None:
    read = table(writer(tmp_path / name, _ROWS))
    assert list(read.columns["text"])[:2] == ["some words 0", "some words 1"]
    assert list(read.columns["label"]) == ["0", "1"] * 20
    assert list(read.lines) == list(range(1, 41))


@_every_kind
def test_every_type_of_value_becomes_text(tmp_path: Path, writer: Writer) -> None:
    rows = pa.table(
        {
            "text": pa.array(["a", None], pa.large_string()),
            "n": pa.array([1, None], pa.int8()),
            "x": [0.5, 1e300],
            "truth": [True, False],
            "day": [datetime.date(2024, 12, 31), None],
            "at": [datetime.datetime(2024, 12, 31, 23, 59), None],
            "price": [decimal.Decimal("1.50"), None],
            "word": pa.array(["u", "v"]).dictionary_encode(),
            "in": [{"side": "p", "deep": {"er": 1}}, None],
            "list": [["a", "b"], None],
            "bytes": [b"\x00", None],
            "nothing": pa.nulls(2),
        }
    )
    read = table(writer(tmp_path / "a", rows))
    assert {name: list(cells) for name, cells in read.columns.items()} == {
        "text": ["a", ""],
        "n": ["1", ""],
        "x": ["0.5", "1e+300"],
        "truth": ["true", "false"],
        "day": ["2024-12-31", ""],
        "at": ["2024-12-31T23:59:00", ""],
        "price": ["1.50", ""],
        "word": ["u", "v"],
        "in.side": ["p", ""],
        "in.deep.er": ["1", ""],
        "list": [["a", "b"], []],
        "bytes": ["", ""],
        "nothing": ["", ""],
    }
    assert [n.examples for n in read.notes if n.code == "nested_fields"] == [["bytes"]]


@_every_kind
def test_numbers_become_the_class_names_that_the_file_says(tmp_path: Path, writer: Writer) -> None:
    features = '{"info": {"features": {"label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}'
    rows = _ROWS.replace_schema_metadata({"huggingface": features})
    record, _ = build(tmp_path, writer(tmp_path / "a", rows))
    assert record.label_names == ("bad", "good")


def test_words_and_tags_that_datasets_wrote_are_read(tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, Features, Sequence, Value

    features = Features(
        {"tokens": Sequence(Value("string")), "ner_tags": Sequence(ClassLabel(names=["O", "B-PER", "I-PER"]))}
    )
    rows = {"tokens": [["Ann", "Lee", f"sings{i}"] for i in range(40)], "ner_tags": [[1, 2, 0]] * 40}
    Dataset.from_dict(rows, features=features).to_parquet(str(tmp_path / "a.parquet"))
    record, _ = build(tmp_path, tmp_path / "a.parquet")
    assert (record.task, record.label_names) == ("token_classification", ("B-PER", "I-PER", "O"))


@_every_kind
def test_damaged_files_are_refused_in_plain_words(tmp_path: Path, writer: Writer) -> None:
    whole = writer(tmp_path / "a", _ROWS).read_bytes()
    for size in (12, len(whole) // 2):
        with pytest.raises(DataError, match=r"b (is damaged or incomplete|holds no records)"):
            table(write(tmp_path, "b", whole[:size]))


@_every_kind
def test_a_file_without_rows_is_refused(tmp_path: Path, writer: Writer) -> None:
    with pytest.raises(EmptyFile, match="holds no records"):
        table(writer(tmp_path / "a", _ROWS.slice(0, 0)))


def test_more_rows_than_allowed_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="more than 10 rows"):
        parquet.read(_parquet(tmp_path / "a", _ROWS), ReadOptions(), Limits(rows=10))
