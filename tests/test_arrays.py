"""Arrays of different lengths, packed: what goes in comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.arrays import Ragged

ROWS = st.lists(st.lists(st.integers(-(2**63), 2**63 - 1)))


@given(ROWS)
def test_what_is_packed_comes_out_in_order(rows: list[list[int]]) -> None:
    packed = Ragged.of(rows)
    assert [row.tolist() for row in packed] == rows
    assert packed.lengths.tolist() == [len(row) for row in rows]
    assert len(packed) == len(rows)
    assert packed.values.dtype == np.int64


@pytest.mark.parametrize("index", [-1, 2])
def test_a_row_that_is_not_there_is_an_index_error(index: int) -> None:
    with pytest.raises(IndexError):
        Ragged.of([[1], [2]])[index]


def test_rows_may_have_further_dimensions_and_another_type() -> None:
    rows = [np.ones((2, 3), dtype=np.float32), np.zeros((1, 3), dtype=np.float32)]
    packed = Ragged.of(rows, dtype=np.float32)
    assert packed[0].shape == (2, 3)
    assert packed[1].tolist() == [[0.0, 0.0, 0.0]]


def test_a_row_is_a_view_and_not_a_copy() -> None:
    packed = Ragged.of([[1, 2], [3]])
    assert np.shares_memory(packed[0], packed.values)
