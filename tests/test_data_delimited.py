"""Delimited text is read row by row as its author meant it, or the row is named and left out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.data.formats import delimited
from studio.data.reading import ReadOptions
from studio.errors import EmptyFile, InvalidOption, LimitError
from studio.settings import Limits
from tests.data_helpers import table, write


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_among_texts_that_hold_the_others(tmp_path: Path, delimiter: str) -> None:
    others = "".join(d for d in ",;|" if d != delimiter)
    rows = "".join(f"one {others if i % 3 else ''} two {i}{delimiter}yes\n" for i in range(30))
    read = table(write(tmp_path, "a.csv", f"text{delimiter}label\n{rows}"))
    assert list(read.columns) == ["text", "label"]
    assert len(read) == 30
    assert read.skipped.count == 0


def test_quoted_line_breaks_stay_inside_their_cell_and_lines_are_counted(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", 'text,label\r\n"one\r\ntwo",x\r\nthree,y\r\n'))
    assert list(read.columns["text"]) == ["one\r\ntwo", "three"]
    assert list(read.lines) == [2, 4]


def test_carriage_returns_alone_end_rows(tmp_path: Path) -> None:
    assert len(table(write(tmp_path, "a.csv", 'text,label\ra b,x\r"c\rd",y\r'))) == 2


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_quote_that_never_closes_costs_no_other_row(tmp_path: Path, delimiter: str) -> None:
    rows = [f"text {i}{delimiter}a" for i in range(50)]
    rows[10] = f'"so it begins{delimiter}b'
    rows[20] = f'"and again{delimiter}b'
    rows[30] = f'"quoted{delimiter} well"{delimiter}a'
    read = table(write(tmp_path, "a.csv", f"text{delimiter}label\n" + "\n".join(rows)))
    assert len(read) == 50
    assert read.columns["text"][10] == '"so it begins'
    assert read.columns["text"][30] == f"quoted{delimiter} well"
    assert [n.count for n in read.notes if n.code == "stray_quotes"] == [2]


def test_rows_of_another_width_are_named_and_left_out(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", "text,label\na b,x\nc,d,x\ne\nf g,y,,\n\n,,\nh i,x\n"))
    assert list(read.columns["text"]) == ["a b", "f g", "h i"]
    assert [item.where for item in read.skipped.items] == ["3", "4"]


def test_header_and_cells_are_trimmed_and_columns_without_anything_dropped(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", '" Text\n here ", Label ,,\n a b , x ,,\n'))
    assert {name: list(cells) for name, cells in read.columns.items()} == {"Text here": ["a b"], "Label": ["x"]}


def test_a_first_row_of_data_is_not_eaten_as_header(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "".join(f"{i % 2},some words {i}\n" for i in range(10)))
    read = table(path)
    assert list(read.columns) == ["column 1", "column 2"]
    assert len(read) == 10
    assert "no_header" in [n.code for n in read.notes]
    assert len(table(path, header=True)) == 9


def test_title_rows_above_the_table_are_left_out_and_said_so(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", "Report of May,\n,\ntext,label\na b,x\nc d,y\n"))
    assert list(read.columns) == ["text", "label"]
    assert [n.examples for n in read.notes if n.code == "title_rows"] == [["Report of May"]]


@pytest.mark.parametrize("columns", [2, 3, 4])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_first_line_that_tells_excel_the_delimiter_is_no_row(tmp_path: Path, delimiter: str, columns: int) -> None:
    names = ["text", "label", "more", "still more"][:columns]
    rows = [names, *([f"{name} {i % 2}" for name in names] for i in range(10))]
    lines = [f"sep={delimiter}", *map(delimiter.join, rows)]
    read = table(write(tmp_path, "a.csv", "\r\n".join(lines) + "\r\n"))
    assert (list(read.columns), len(read), read.skipped.count) == (names, 10, 0)


def test_nul_bytes_are_removed_and_reported(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", b"text,label\na\0b,x\n"))
    assert read.columns["text"][0] == "ab"
    assert [n.code for n in read.notes] == ["nul_bytes"]


def test_a_cell_of_two_megabytes_is_read_whole(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", f"text,label\n{'word ' * 400_000},x\nb,y\n"))
    assert len(read.columns["text"][0]) == 400_000 * 5 - 1


@pytest.mark.parametrize("content", ["text,label\n", "a", "text,label\n\n\n", "\n\n  \n"])
def test_a_file_without_rows_is_refused_with_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(EmptyFile, match=r"a\.csv (is empty|has a header but no rows)\."):
        table(write(tmp_path, "a.csv", content))


def test_encoding_and_delimiter_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text;label\nMoé, oui;x\n".encode("cp1252"))
    assert table(path, encoding="cp1252", delimiter=";").columns["text"][0] == "Moé, oui"
    with pytest.raises(InvalidOption, match="no text encoding named 'latin-99'"):
        table(path, encoding="latin-99")


def test_characters_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.csv", b"text,label\nna\xefve,x\n"), encoding="utf-8")
    assert [(n.code, n.count) for n in read.notes] == [("replaced_characters", 1)]


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\n" + "a b,x\n" * 20)
    with pytest.raises(LimitError, match="more than 10 rows"):
        delimited.read(path, ReadOptions(), Limits(rows=10))


def test_double_and_empty_column_names_become_different_names(tmp_path: Path) -> None:
    assert list(table(write(tmp_path, "a.csv", "text,text,\na,b,c\n")).columns) == ["text", "text (2)", "column 3"]


_CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_CELLS.filter(bool), _CELLS.filter(bool)), min_size=1, max_size=30))
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    path = write(tmp_path, "a.csv", b"\xef\xbb\xbf" + buffer.getvalue().encode())
    read = table(path, header=True, delimiter=",")
    assert list(zip(read.columns["text"], read.columns["label"], strict=True)) == rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(tmp_path: Path, content: bytes) -> None:
    from studio.errors import StudioError

    path = write(tmp_path, "a.csv", content)
    try:
        read = delimited.read(path, ReadOptions(), Limits())
    except StudioError:
        return
    assert {len(cells) for cells in read.columns.values()} == {len(read)}
