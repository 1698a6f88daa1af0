"""Workbooks are read with the values that their programs show; what cannot be read is refused in plain words."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.data.formats import recognise, spreadsheets
from studio.data.reading import ReadOptions
from studio.errors import DataError, EmptyFile, InvalidOption, LimitError, UnknownFormat
from studio.settings import Limits
from tests import workbooks
from tests.data_helpers import archive, build, table, write
from tests.workbooks import Sheets

_REVIEWS: list[list[workbooks.Cell]] = [[f"some words {i}", "ab"[i % 2]] for i in range(40)]
_ROWS: list[list[workbooks.Cell]] = [["text", "label"], *_REVIEWS]
_WRITERS = {"xlsx": workbooks.xlsx, "ods": workbooks.ods, "xls": workbooks.xls}


@pytest.mark.parametrize("kind", _WRITERS)
def test_a_workbook_becomes_a_dataset(tmp_path: Path, kind: str) -> None:
    record, _ = build(tmp_path, _WRITERS[kind](tmp_path / f"a.{kind}", {"Sheet1": _ROWS}))
    assert (record.rows, record.label_names, record.format) == (40, ("a", "b"), "spreadsheet")


@pytest.mark.parametrize("kind", _WRITERS)
@pytest.mark.parametrize("name", ["a.csv", "a.zip", "a"])
def test_the_content_decides_and_not_the_name(tmp_path: Path, kind: str, name: str) -> None:
    assert len(table(_WRITERS[kind](tmp_path / name, {"Sheet1": _ROWS}))) == 40


def test_values_are_those_that_the_program_shows(tmp_path: Path) -> None:
    rows: list[list[workbooks.Cell]] = [
        ["text", "n", "half", "truth", "sum"],
        ["a b", 4, 2.5, True, "=SUM(A1:A9)"],
        ["c d", 4.0, -1, False, None],
    ]
    read = table(workbooks.xlsx(tmp_path / "a.xlsx", {"Sheet1": rows}))
    cells = {name: list(column) for name, column in read.columns.items()}
    assert cells == {
        "text": ["a b", "c d"],
        "n": ["4", "4"],
        "half": ["2.5", "-1"],
        "truth": ["TRUE", "FALSE"],
        "sum": ["value of SUM(A1:A9)", ""],
    }
    assert list(read.lines) == [2, 3]


_BOOK: Sheets = {"About": [["read me first"]], "empty": [], "Data": _ROWS, "数据 2": [["text", "label"], ["x y", "q"]]}


@pytest.mark.parametrize("writer", _WRITERS.values(), ids=_WRITERS)
def test_the_first_sheet_with_a_table_is_read_and_the_others_are_named(
    tmp_path: Path, writer: Callable[[Path, Sheets], Path]
) -> None:
    read = table(writer(tmp_path / "a", _BOOK))
    assert (len(read), read.sheets) == (40, tuple(_BOOK))
    found = next(note for note in read.notes if note.code == "sheets")
    assert (found.severity, found.count, found.examples) == ("warning", 4, list(_BOOK))
    assert "'Data' was read" in found.message


@pytest.mark.parametrize("sheet", ["数据 2", "4"])
def test_a_sheet_can_be_named_or_numbered(tmp_path: Path, sheet: str) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", _BOOK)
    assert list(table(path, sheet=sheet).columns["text"]) == ["x y"]
    assert len(table(path, sheet="data")) == 40


@pytest.mark.parametrize("sheet", ["Nope", "5", "0", "-1", "9" * 30])
def test_a_sheet_that_is_not_there_is_refused_with_the_list(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(InvalidOption, match=r"has no sheet .* About, empty, Data, 数据 2"):
        table(workbooks.xlsx(tmp_path / "a.xlsx", _BOOK), sheet=sheet)


def test_the_chosen_sheet_and_the_list_are_kept_with_the_dataset(tmp_path: Path) -> None:
    record, _ = build(tmp_path, workbooks.xlsx(tmp_path / "a.xlsx", _BOOK), {"sheet": "Data"})
    assert (record.options, record.sheets) == ({"sheet": "Data"}, tuple(_BOOK))


def test_rows_above_the_header_are_left_out_and_lines_are_those_of_the_program(tmp_path: Path) -> None:
    read = table(workbooks.xlsx(tmp_path / "a.xlsx", {"S": [["Report of May"], [], *_ROWS]}))
    assert list(read.columns) == ["text", "label"]
    assert list(read.lines)[:2] == [4, 5]
    assert [n.examples for n in read.notes if n.code == "title_rows"] == [["Report of May"]]


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match=r"a\.xlsx is empty"):
        table(workbooks.xlsx(tmp_path / "a.xlsx", {"S": [], "T": []}))


def test_a_sheet_that_reaches_too_far_is_refused_at_once(tmp_path: Path) -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    start = time.monotonic()
    with pytest.raises(LimitError, match=r"reaches to row 1,048,576 and column 16,384"):
        table(workbooks.xlsx_of_xml(tmp_path / "a.xlsx", {"S": far}))
    assert time.monotonic() - start < 5


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = workbooks.xlsx_of_xml(tmp_path / "a.xlsx", {"S": " " * 3_000_000})
    assert path.stat().st_size < 20_000
    with pytest.raises(LimitError, match="would unpack to 3 MB; at most 1 MB"):
        spreadsheets.read(path, ReadOptions(), Limits(import_memory_bytes=4_000_000))


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>x &bomb; y</t></is></c></row>'
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        table(workbooks.xlsx_of_xml(tmp_path / "a.xlsx", {"S": cell}))


def test_damaged_workbooks_and_other_documents_are_refused_in_plain_words(tmp_path: Path) -> None:
    whole = workbooks.xlsx(tmp_path / "a.xlsx", {"S": _ROWS}).read_bytes()
    for size in (60, len(whole) // 2, len(whole) - 30):
        with pytest.raises((DataError, UnknownFormat)) as caught:
            table(write(tmp_path, "b.xlsx", whole[:size]))
        assert "Traceback" not in str(caught.value)
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        table(write(tmp_path, "c.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)))
    word = archive(tmp_path / "d.docx", {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    with pytest.raises(UnknownFormat, match="an Office document without sheets"):
        recognise(word)


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    path = workbooks.xlsx(tmp_path / "a.xlsx", {"S": _ROWS})
    with pytest.raises(LimitError, match="more than 10 rows"):
        spreadsheets.read(path, ReadOptions(), Limits(rows=10))
