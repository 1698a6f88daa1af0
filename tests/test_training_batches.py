"""Every row once an epoch, in an order that a number decides."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.training.batches import Sampler, micro_batches, share

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=300).map(lambda values: np.asarray(values, dtype=np.int64))


@given(LENGTHS, st.integers(1, 40), st.integers(0, 1000), st.integers(0, 5))
def test_an_epoch_holds_every_row_once_and_is_a_function_of_seed_and_number(
    lengths: np.ndarray, size: int, seed: int, number: int
) -> None:
    sampler = Sampler(lengths, size, seed)
    batches = sampler.epoch(number)
    assert len(batches) == sampler.steps_per_epoch
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    again = Sampler(lengths, size, seed).epoch(number)
    assert all((left == right).all() for left, right in zip(batches, again, strict=True))
    assert all(len(batch) > 1 for batch in batches) or size == 1 or len(lengths) == 1


@given(LENGTHS, st.integers(1, 500))
def test_micro_batches_hold_every_row_once_and_keep_to_the_budget(lengths: np.ndarray, budget: int) -> None:
    indices = np.arange(len(lengths))
    pieces = micro_batches(indices, lengths, budget)
    assert sorted(np.concatenate(pieces)) == list(indices)
    assert all(len(piece) == 1 or len(piece) * int(lengths[piece].max()) <= budget for piece in pieces)


def test_images_are_never_left_alone_where_there_is_company() -> None:
    """A single image has no statistics for a normalisation layer to learn from."""
    ones = np.ones(65, dtype=np.int64)
    assert [len(piece) for piece in micro_batches(np.arange(65), ones, 64)] == [63, 2]
    assert [len(batch) for batch in Sampler(ones, 64, 1).epoch(0)] == [65]


def test_rows_of_like_length_meet_and_epochs_differ() -> None:
    lengths = np.random.default_rng(0).integers(5, 100, 2000)
    sampler = Sampler(lengths, 20, 7)
    spread = np.mean([np.ptp(lengths[batch]) for batch in sampler.epoch(0)])
    assert spread < 10
    assert {tuple(batch) for batch in sampler.epoch(0)} != {tuple(batch) for batch in sampler.epoch(1)}


@given(st.integers(1, 40), st.integers(1, 6))
def test_processes_share_a_step_so_that_every_example_counts_once(rows: int, size: int) -> None:
    lengths = np.random.default_rng(rows).integers(1, 50, rows)
    indices = np.random.default_rng(size).permutation(rows)
    shares = [share(indices, lengths, rank, size) for rank in range(size)]
    counted = np.concatenate([own for own, weight in shares if weight])
    assert sorted(counted) == list(range(rows))
    assert {weight for _, weight in shares} <= {0.0, float(size)}
    assert all(len(own) >= min(2, rows) for own, _ in shares)  # also of those that work for nothing
    assert max(len(own) for own, weight in shares) - min(len(own) for own, _ in shares) <= 1
