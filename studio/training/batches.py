"""Which examples meet in which step: a pure function of (seed, epoch), so the sampler's state is a number.

Examples of like length are put together so that little is padded: the epoch is shuffled, cut into pools of many
batches, each pool is sorted by length and cut into batches, and the batches are shuffled. A step always has the number
of examples the user set; the token budget only splits it into micro-batches that fit the memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from studio.arrays import Integers

POOL = 50  # batches sorted by length together: enough to save padding, few enough to keep epochs different


@dataclass(frozen=True)
class Sampler:
    """The order of all examples for a whole run. `lengths` is [n] int64, the cost of each."""

    lengths: Integers
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(len(self.lengths), self.batch_size)

    def epoch(self, number: int) -> list[Integers]:
        """The batches of epoch `number` (0-based), each an array of example indices."""
        random = np.random.default_rng((self.seed, number))
        shuffled = random.permutation(len(self.lengths))
        size = self.batch_size
        batches: list[Integers] = []
        for start in range(0, len(shuffled), size * POOL):
            pool = shuffled[start : start + size * POOL]
            ordered = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches += [ordered[i : i + size] for i in range(0, len(ordered), size)]
        if len(batches) > self.steps_per_epoch:
            batches[-2:] = [np.concatenate(batches[-2:])]
        return [batches[i] for i in random.permutation(len(batches))]


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


def micro_batches(indices: Integers, lengths: Integers, budget: int) -> list[Integers]:
    """The examples cut into pieces of at most `budget` padded tokens each (one example where that alone is more)."""
    ordered = indices[np.argsort(lengths[indices], kind="stable")]
    pieces: list[Integers] = []
    start = 0
    for end in range(1, len(ordered) + 1):
        full = end < len(ordered) and (end - start + 1) * int(lengths[ordered[end]]) > budget
        if full or end == len(ordered):
            pieces.append(ordered[start:end])
            start = end
    if len(pieces) > 1 and len(pieces[-1]) == 1 and len(pieces[-2]) > 2 and 2 * int(lengths[pieces[-1][0]]) <= budget:
        pieces[-2:] = [pieces[-2][:-1], np.concatenate([pieces[-2][-1:], pieces[-1]])]  # no piece of one row
    return pieces
