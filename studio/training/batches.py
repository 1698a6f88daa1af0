"""Which examples meet in which step: a pure function of (seed, epoch), so the sampler's state is a number.

A step has the number of examples the user set, drawn at random. Steps of examples of like length would need less
padding and learn worse: each would see one kind of text alone (docs/performance.md has the figures). Instead the
examples of a step are sorted and cut into micro-batches of like length, whose gradients add up to the same step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from studio.arrays import Integers

_LONELY = 1e12  # tokens: what a micro-batch of one example is taken to cost where it could have company


@dataclass(frozen=True)
class Sampler:
    """The order of all examples for a whole run."""

    rows: int
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.rows, self.batch_size)

    def seen(self, steps: int) -> int:
        """How many examples so many steps from the beginning have: those of whole epochs, and of full batches."""
        epochs, more = divmod(steps, self.steps_per_epoch)
        return epochs * self.rows + more * self.batch_size

    def epoch(self, number: int) -> list[Integers]:
        """The batches of epoch `number` (0-based), each an array of example indices."""
        shuffled = np.random.default_rng((self.seed, number)).permutation(self.rows)
        size, last = self.batch_size, self.steps_per_epoch - 1
        return [shuffled[i * size : (i + 1) * size if i < last else None] for i in range(last + 1)]


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Batches of an epoch. A single row at the end joins the batch before it: statistics of one row are none."""
    steps = math.ceil(rows / batch_size)
    return steps - 1 if steps > 1 and rows % batch_size == 1 else steps


def share(indices: Integers, lengths: Integers, rank: int, size: int) -> tuple[Integers, float]:
    """What one of `size` processes does of a step's examples, by length every size-th; and the weight of its loss.

    The mean of the weighted losses over all processes is the loss of the step. Nobody gets fewer than two examples
    (statistics of one row are none): a process for which none are left does another's for nothing.
    """
    busy = max(1, min(size, len(indices) // 2))
    ordered = indices[np.argsort(lengths[indices], kind="stable")]
    return ordered[rank % busy :: busy], float(size) if rank < busy else 0.0


def micro_batches(indices: Integers, lengths: Integers, budget: int, call_cost: int) -> list[Integers]:
    """The examples, by length, cut where it costs least: a piece costs its padded tokens, and `call_cost` for itself.

    No piece has more than `budget` padded tokens, but for one example that alone has more. Images have one token each,
    and statistics of one image are none, so one is left alone only where two would be too many.
    """
    ordered = indices[np.argsort(lengths[indices], kind="stable")]
    longest, count = lengths[ordered], len(ordered)
    least, cut = np.zeros(count + 1), np.zeros(count + 1, dtype=np.int64)
    for end in range(1, count + 1):
        length = int(longest[end - 1])
        first = max(0, end - max(1, budget // max(1, length)))
        costs = least[first:end] + np.arange(end - first, 0, -1) * length + call_cost
        if count > 1 and 2 * length <= budget:
            costs[-1] += _LONELY
        cut[end] = first + int(costs.argmin())
        least[end] = costs[cut[end] - first]
    pieces, end = [], count
    while end:
        pieces.append(ordered[cut[end] : end])
        end = int(cut[end])
    return pieces[::-1]


def together(pieces: list[Integers], lengths: Integers, budget: int) -> list[list[Integers]]:
    """Neighbouring micro-batches with no more than `budget` padded tokens in sum: one backward pass serves them."""
    groups: list[list[Integers]] = []
    room = 0
    for piece in pieces:
        tokens = len(piece) * int(lengths[piece].max())
        if not groups or tokens > room:
            groups.append([])
            room = budget
        groups[-1].append(piece)
        room -= tokens
    return groups
