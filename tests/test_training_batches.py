"""Every row once an epoch, in an order that a number decides."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from studio.training.batches import Sampler, micro_batches, share, together

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=300).map(lambda values: np.asarray(values, dtype=np.int64))


@given(LENGTHS, st.integers(1, 40), st.integers(0, 1000), st.integers(0, 5))
def test_an_epoch_holds_every_row_once_and_is_a_function_of_seed_and_number(
    lengths: np.ndarray, size: int, seed: int, number: int
) -> None:
    sampler = Sampler(len(lengths), size, seed)
    batches = sampler.epoch(number)
    assert len(batches) == sampler.steps_per_epoch
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    again = Sampler(len(lengths), size, seed).epoch(number)
    assert all((left == right).all() for left, right in zip(batches, again, strict=True))
    assert all(len(batch) > 1 for batch in batches) or size == 1 or len(lengths) == 1


@given(st.integers(1, 90), st.integers(1, 40), st.integers(0, 200))
def test_rows_that_were_seen_are_counted_whatever_is_left_for_the_last_step(rows: int, size: int, steps: int) -> None:
    sampler = Sampler(rows, size, 0)
    batches = [batch for number in range(1 + steps // sampler.steps_per_epoch) for batch in sampler.epoch(number)]
    assert sampler.seen(steps) == sum(map(len, batches[:steps]))


@given(LENGTHS, st.integers(1, 500), st.integers(0, 200))
def test_micro_batches_hold_every_row_once_and_keep_to_the_budget(
    lengths: np.ndarray, budget: int, call_cost: int
) -> None:
    indices = np.arange(len(lengths))
    pieces = micro_batches(indices, lengths, budget, call_cost)
    assert sorted(np.concatenate(pieces)) == list(indices)
    assert all(len(piece) == 1 or len(piece) * int(lengths[piece].max()) <= budget for piece in pieces)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=7), st.integers(10, 100), st.integers(0, 60))
def test_no_other_cut_costs_less(lengths: list[int], budget: int, call_cost: int) -> None:
    ordered = sorted(lengths)

    def cost(sizes: tuple[int, ...]) -> float:
        """Of pieces of these sizes in the order of length; what is not allowed costs more than anything else."""
        total, start = 0.0, 0
        for size in sizes:
            longest, start = ordered[start + size - 1], start + size
            lonely = size == 1 and 2 * longest <= budget
            total += 1e9 * lonely + 1e15 * (size > 1 and size * longest > budget) + size * longest + call_cost
        return total

    def compositions(count: int) -> list[tuple[int, ...]]:
        return [(first, *rest) for first in range(1, count + 1) for rest in compositions(count - first)] or [()]

    pieces = micro_batches(np.arange(len(lengths)), np.asarray(lengths), budget, call_cost)
    assert cost(tuple(map(len, pieces))) == min(map(cost, compositions(len(lengths))))


def test_images_are_never_left_alone_where_there_is_company() -> None:
    """A single image has no statistics for a normalisation layer to learn from."""
    ones = np.ones(65, dtype=np.int64)
    assert sorted(len(piece) for piece in micro_batches(np.arange(65), ones, 64, 192))[0] > 1
    assert [len(batch) for batch in Sampler(65, 64, 1).epoch(0)] == [65]


def test_steps_are_drawn_at_random_and_their_micro_batches_are_of_like_length() -> None:
    lengths = np.random.default_rng(0).integers(5, 100, 2000)
    sampler = Sampler(len(lengths), 20, 7)
    steps = sampler.epoch(0)
    assert np.std([lengths[step].mean() for step in steps]) < 1.3 * lengths.std() / math.sqrt(20)
    assert {tuple(step) for step in steps} != {tuple(step) for step in sampler.epoch(1)}
    padded = sum(len(piece) * int(lengths[piece].max()) for piece in micro_batches(steps[0], lengths, 4096, 20))
    assert padded < 1.25 * int(lengths[steps[0]].sum()) < 20 * int(lengths[steps[0]].max())


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40), st.integers(1, 400))
def test_micro_batches_go_together_as_far_as_memory_allows(lengths: list[int], budget: int) -> None:
    costs = np.array(lengths, dtype=np.int64)
    pieces = micro_batches(np.arange(len(costs)), costs, budget, 30)
    groups = together(pieces, costs, budget)
    tokens = [[len(piece) * int(costs[piece].max()) for piece in group] for group in groups]
    assert [list(piece) for group in groups for piece in group] == [list(piece) for piece in pieces]
    assert all(sum(group) <= budget or len(group) == 1 for group in tokens)
    assert all(sum(group) + after[0] > budget for group, after in itertools.pairwise(tokens))  # none could be longer


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
