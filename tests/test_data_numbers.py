"""What reads as a number, and what only has digits in it."""

from __future__ import annotations

import pytest

from studio.data.numbers import is_number


@pytest.mark.parametrize("cell", ["1", " -2.5 ", "1,000.25", "3e-4", "12%", "1 000"])
def test_numbers_are_known(cell: str) -> None:
    assert is_number(cell)


@pytest.mark.parametrize("cell", ["", "-", "1a", "v2", "e5", "one", "."])
def test_others_are_not(cell: str) -> None:
    assert not is_number(cell)
