"""Batches of rows become one table, in memory or on disk, also where their columns differ."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from studio.data.formats import _spool
from studio.data.formats._spool import Cells, Spool


@pytest.mark.parametrize("on_disk", [False, True], ids=["memory", "disk"])
def test_columns_that_come_and_go_are_empty_where_they_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    monkeypatch.setattr(_spool, "_IN_MEMORY", 0 if on_disk else 10**9)
    spool = Spool(tmp_path)
    spool.add({"a": ["1", "2"]}, [5, 6])
    spool.add({"b": ["x"]}, [7])
    spool.add({}, [8])
    spool.add({"a": ["3"], "b": ["y"]}, [9])
    assert {name: list(cells) for name, cells in spool.columns().items()} == {
        "a": ["1", "2", "", "", "3"],
        "b": ["", "", "x", "", "y"],
    }
    assert (spool.lines().tolist(), len(spool), spool.filled("a")) == ([5, 6, 7, 8, 9], 5, 3)
    assert list(tmp_path.iterdir()) == []  # what lies on the disk has no name


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([["a b", ["c", "d"]], [["e"]]], [["a b"], ["c", "d"], ["e"]]),
        ([["a b", "", "e"], [["c", "d"]]], ["a b", "", "e", "c d"]),
        ([[["a"], ""]], [["a"], []]),
    ],
    ids=["mostly lists", "mostly texts", "empty"],
)
def test_a_column_holds_lists_if_most_of_its_cells_are_lists(
    cells: list[list[str | list[str]]], wanted: list[str | list[str]]
) -> None:
    spool = Spool(None)
    for batch in cells:
        spool.add({"a": batch}, range(len(batch)))
    assert list(spool.columns()["a"]) == wanted


def test_cells_are_read_by_place_by_slice_and_in_order() -> None:
    cells = Cells.of([str(i) for i in range(10)])
    assert (cells[3], cells[-1], cells[2:8:3], cells[8:3], len(cells)) == ("3", "9", ["2", "5"], [], 10)
    assert list(cells) == cells == [str(i) for i in range(10)]
    assert (cells.lists, Cells.of([["a"], []]).lists) == (False, True)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add({"a": ["x" * 1_000] * 8_000}, range(8_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(40):
        spool.add({"a": ["x" * 1_000] * 8_000}, range(8_000))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sum(len(cell) for cell in spool.columns()["a"][:10]) == 10_000
    assert grown < 200_000  # KiB; the rows have 320,000 KiB


def test_a_very_wide_table_is_put_together_at_once() -> None:
    """As many columns as a damaged workbook may claim; looking each up among all others took minutes."""
    names = [f"c{number}" for number in range(20_000)]
    spool = Spool(None)
    for line in range(3):
        spool.add({name: [str(line)] for name in names}, [line])
    found = spool.columns()
    assert list(found) == names
    assert list(found[names[-1]]) == ["0", "1", "2"]


def test_texts_are_taken_apart_into_lists(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for cells in (["a b", ""], ["c"]):
        spool.add({"x": cells}, range(len(cells)))
    lists = spool.columns()["x"].lists_by(str.split)
    assert (lists.lists, list(lists)) == (True, [["a", "b"], [], ["c"]])
