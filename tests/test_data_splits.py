"""Splits are in proportion, seeded, and never part rows that are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.data.splits import TEST, TRAIN, VALID, assign
from studio.errors import TooFewRows


def _assign(strata: list[int], keys: list[int] | None = None, own: list[int] | None = None, seed: int = 0) -> list[int]:
    given_splits = None if own is None else np.array(own, dtype=np.int8)
    numbers = np.arange(len(strata)) if keys is None else np.array(keys)
    splits = assign(given_splits, numbers.astype(np.uint64), np.array(strata), seed).splits
    return [int(split) for split in splits]


def test_one_set_is_split_80_10_10_in_every_class() -> None:
    splits = np.array(_assign([0] * 100 + [1] * 200))
    for rows, size in ((splits[:100], 100), (splits[100:], 200)):
        assert np.bincount(rows).tolist() == [size * 8 // 10, size // 10, size // 10]


def test_train_and_test_give_valid_from_train() -> None:
    splits = np.array(_assign([0, 1] * 100, own=[TRAIN] * 150 + [TEST] * 50))
    assert np.bincount(splits).tolist() == [135, 15, 50]
    assert (splits[150:] == TEST).all()


def test_train_and_valid_make_that_valid_the_test() -> None:
    splits = np.array(_assign([0, 1] * 100, own=[TRAIN] * 150 + [VALID] * 50))
    assert np.bincount(splits).tolist() == [135, 15, 50]
    assert (splits[150:] == TEST).all()


def test_own_splits_stay_and_rows_of_one_kind_only_count_as_one_set() -> None:
    own = [TRAIN, VALID, TEST, TRAIN]
    assert _assign([0] * 4, own=own) == own
    assert set(_assign([0] * 40, own=[TEST] * 40)) == {TRAIN, VALID, TEST}
    with pytest.raises(TooFewRows, match="no rows to train on"):
        _assign([0] * 4, own=[VALID, TEST, VALID, TEST])


def test_the_seed_decides_and_nothing_else() -> None:
    assert _assign([0] * 100) == _assign([0] * 100)
    assert _assign([0] * 100) != _assign([0] * 100, seed=1)


def test_a_lone_row_of_a_class_trains_and_two_rows_do_not_crash() -> None:
    splits = _assign([0] * 600 + [1] + [2] * 2 + [3] * 3)
    assert splits[600] == TRAIN
    assert TRAIN in splits[601:603]
    assert TRAIN in splits[603:]


@settings(deadline=None)
@given(st.data(), st.integers(1, 120), st.integers(1, 30))
def test_same_rows_stay_together_and_every_class_keeps_a_training_row(
    data: st.DataObject, size: int, groups: int
) -> None:
    keys = data.draw(st.lists(st.integers(0, groups), min_size=size, max_size=size))
    strata = [key % 3 for key in keys]
    splits = _assign(strata, keys)
    assert len({(key, split) for key, split in zip(keys, splits, strict=True)}) == len(set(keys))
    assert {s for s, split in zip(strata, splits, strict=True) if split == TRAIN} == set(strata)


def test_one_giant_group_of_equal_rows_stays_in_train() -> None:
    assert set(_assign([0] * 50, keys=[7] * 50)) == {TRAIN}


def test_groups_larger_than_the_share_still_leave_no_split_empty() -> None:
    assert set(_assign([0] * 16, keys=[i // 4 for i in range(16)])) == {TRAIN, VALID, TEST}
