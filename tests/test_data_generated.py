"""Tables that nobody thought of: written in every format, they come back as they were.

`make fuzz` tries them at full size (`tests/fuzz.py`).
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from studio.data.formats import recognise
from studio.data.formats._records import Table
from studio.data.reading import ReadOptions
from studio.errors import StudioError
from studio.settings import Limits
from tests import workbooks
from tests.data_helpers import write

_CASES = int(os.environ.get("FUZZ_CASES", "40"))
_often = settings(
    max_examples=_CASES,
    deadline=timedelta(seconds=10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=20).map(str.strip)
_CELLS = _WORDS.filter(lambda cell: bool(cell) and cell.isprintable() and "\ufffd" not in cell)
_ROWS = st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=20)
Rows = list[tuple[str, str]]


def _read(path: Path, options: ReadOptions) -> Table:
    content = recognise(path).read(path, options, Limits())
    assert isinstance(content, Table)
    return content


def _delimited(folder: Path, rows: Rows) -> Path:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    return write(folder, "a.csv", b"\xef\xbb\xbf" + buffer.getvalue().encode())


def _records(rows: Rows) -> list[dict[str, str]]:
    return [{"text": text, "label": label} for text, label in rows]


def _parquet(folder: Path, rows: Rows) -> Path:
    parquet.write_table(pa.Table.from_pylist(_records(rows)), folder / "a.parquet")
    return folder / "a.parquet"


_WRITERS: dict[str, Callable[[Path, Rows], Path]] = {
    "csv": _delimited,
    "jsonl": lambda folder, rows: write(folder, "a.jsonl", "\n".join(map(json.dumps, _records(rows)))),
    "json": lambda folder, rows: write(folder, "a.json", json.dumps(_records(rows), ensure_ascii=False, indent=2)),
    "columns": lambda folder, rows: write(
        folder, "a.json", json.dumps({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
    ),
    "parquet": _parquet,
    "xlsx": lambda folder, rows: workbooks.xlsx(folder / "a.xlsx", {"S": [["text", "label"], *rows]}),
    "xls": lambda folder, rows: workbooks.xls(folder / "a.xls", {"S": [["text", "label"], *rows]}),
    "ods": lambda folder, rows: workbooks.ods(folder / "a.ods", {"S": [["text", "label"], *rows]}),
}


@pytest.mark.parametrize("kind", _WRITERS)
@_often
@given(rows=_ROWS)
@example(rows=[("NA", "None"), ("01", "1.0"), ("TRUE", "-0"), ("1e5", "0x1F")])
def test_what_is_written_is_read_back(tmp_path: Path, kind: str, rows: Rows) -> None:
    assume(not any(cell.startswith("=") for row in rows for cell in row))  # that would be a formula
    read = _read(_WRITERS[kind](tmp_path, rows), ReadOptions(delimiter=",", header=True))
    assert list(zip(read.columns["text"], read.columns["label"], strict=True)) == rows


_ENCODINGS = ("utf-8", "utf-16", "utf-32", "gb18030", "big5", "cp932", "cp949", "cp1252", "cp1251", "mac_roman")


@pytest.mark.parametrize("encoding", _ENCODINGS)
@_often
@given(rows=_ROWS)
def test_a_named_encoding_brings_every_character_back(tmp_path: Path, encoding: str, rows: Rows) -> None:
    kept = [tuple(cell.encode(encoding, "ignore").decode(encoding).strip() for cell in row) for row in rows]
    kept = [row for row in kept if all(row)]
    assume(kept)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *kept])
    path = write(tmp_path, "a.csv", buffer.getvalue().encode(encoding))
    read = _read(path, ReadOptions(encoding=encoding, delimiter=",", header=True))
    assert list(zip(read.columns["text"], read.columns["label"], strict=True)) == kept


_ODD = st.text(st.sampled_from(list("ab1., ;\t|\"'\n\r\0\ufeff=-—好é\u202e\u0301\x1b")), max_size=12)
_LINES = st.lists(st.lists(_ODD, max_size=5), max_size=25)


@_often
@given(
    lines=_LINES,
    delimiter=st.sampled_from(",;\t|^"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(_ENCODINGS),
    name=st.sampled_from(["a.csv", "a.txt", "a.tsv", "a"]),
)
def test_any_table_ends_in_a_table_or_in_plain_words(
    tmp_path: Path, lines: list[list[str]], delimiter: str, end: str, encoding: str, name: str
) -> None:
    path = write(tmp_path, name, end.join(map(delimiter.join, lines)).encode(encoding, "replace"))
    try:
        read = _read(path, ReadOptions())
    except StudioError as error:
        assert error.what
        return
    assert {len(cells) for cells in read.columns.values()} == {len(read)}
