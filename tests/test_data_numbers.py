"""What reads as a number, and what only has digits in it."""

from __future__ import annotations

import pytest

from studio.data.numbers import MARKS, Column, is_number, reading


@pytest.mark.parametrize("cell", ["1", " -2.5 ", "1,000.25", "3e-4", "12%", "1 000"])
def test_numbers_are_known(cell: str) -> None:
    assert is_number(cell)


@pytest.mark.parametrize("cell", ["", "-", "1a", "v2", "e5", "one", "."])
def test_others_are_not(cell: str) -> None:
    assert not is_number(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(
            (" 5 ", 5),
            ("-2.5", -2.5),
            ("2,5", 2.5),
            ("3e-4", 3e-4),
            ("12%", 0.12),
            ("0,125", 0.125),
            ("1234,5", 1234.5),
        ),
        *(("1,234.50", 1234.5), ("1.234,50", 1234.5), ("1,234,567", 1234567), ("1.234.567,8", 1234567.8)),
        *(("1 234,5", 1234.5), ("1\u202f234", 1234), ("12'345.6", 12345.6), ("+1,299.99", 1299.99)),
    ],
)
def test_cells_that_say_what_their_marks_are(cell: str, number: float) -> None:
    found = reading(cell)
    assert found is not None
    assert (found.number, found.whole, found.open) == (number, number, "")


@pytest.mark.parametrize(
    "cell", ["", "one", "1_000", "nan", "inf", "1,2,3", "1.2.3", "12,34.5", "1.5,5.1", "1,234.5.6", "%"]
)
def test_cells_that_are_no_number(cell: str) -> None:
    assert reading(cell) is None


def test_a_mark_before_three_digits_may_be_either() -> None:
    found = reading("-1,234")
    assert found is not None
    assert (found.number, found.whole, found.open) == (-1.234, -1234, ",")


@pytest.mark.parametrize(
    ("cells", "thousands", "doubtful"),
    [
        (["5,500", "764"], ",", ","),  # as a spreadsheet writes whole numbers
        (["5,500", "7640"], "", ","),  # larger ones go without
        (["5,500", "7,64"], "", ""),
        (["5,500", "1,234,567"], ",", ""),
        (["5,500", "7.64"], ",", ""),
        (["5.500", "7,64"], ".", ""),
        (["5.500", "7.64"], "", ""),
        (["5.500", "6.125", "7.250", "764"], "", "."),
        (["5.500", "764"], "", ""),
        (["5.500", "7.250", "8.125"], "", ""),
    ],
)
def test_the_column_says_what_a_mark_before_three_digits_is(cells: list[str], thousands: str, doubtful: str) -> None:
    column = Column()
    for cell in cells:
        found = reading(cell)
        assert found is not None
        column.add(found)
    assert "".join(mark for mark in MARKS if column.open[mark] and column.parts_thousands(mark)) == thousands
    assert "".join(column.doubtful()) == doubtful
