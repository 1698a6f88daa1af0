"""Which rows train, which choose, which test. Works on arrays alone: knows neither texts nor images nor files.

A file's own splits are used. Rows that are the same (equal keys) stay on one side of a split that is made here, and
each class is spread over the sides in proportion, as far as it has rows to spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.data.store import SPLITS
from studio.errors import TooFewRows

TRAIN, VALID, TEST = range(3)
ALIASES = {
    alias: split
    for split, aliases in {
        "train": ("train", "training", "trn"),
        "valid": ("valid", "validation", "val", "dev", "development", "eval"),
        "test": ("test", "testing", "tst"),
    }.items()
    for alias in aliases
}
_SHARE = 0.1


@dataclass(frozen=True)
class Assignment:
    """`splits` [n] int8: 0 train, 1 valid, 2 test; `note` says in a sentence how that came about."""

    splits: NDArray[np.int8]
    note: str


def assign(
    given: NDArray[np.int8] | None, keys: NDArray[np.uint64], strata: NDArray[np.int64], seed: int
) -> Assignment:
    """The split of each row.

    `given` [n] are the splits the files bring, or None. `keys` [n] are equal for rows that are the same; `strata` [n]
    is the class of each row (any constant where there is none). Raises TooFewRows where no row is left to train on.
    """
    random = np.random.default_rng(seed)
    own = set() if given is None else set(np.unique(given).tolist())
    if given is None or len(own) == 1:
        splits = np.zeros(len(keys), dtype=np.int8)
        _carve(splits, TEST, _SHARE, keys, strata, random)
        _carve(splits, VALID, _SHARE / (1 - _SHARE), keys, strata, random)
        if len(np.unique(strata)) > 1:
            return Assignment(splits, "Split at random, class by class: 80 % train, 10 % valid, 10 % test.")
        return Assignment(splits, "Split at random: 80 % train, 10 % valid, 10 % test.")
    if TRAIN not in own:
        raise TooFewRows("There are no rows to train on.", why="All rows are marked as valid or test.")
    splits = given.copy()
    if own == {TRAIN, VALID, TEST}:
        return Assignment(splits, "The data's own train, valid and test rows are used.")
    note = "The data's own train and test rows are used; 10 % of train became valid."
    if own == {TRAIN, VALID}:
        splits[splits == VALID] = TEST
        note = "The data's own valid rows became the test; 10 % of train became valid."
    _carve(splits, VALID, _SHARE, keys, strata, random)
    return Assignment(splits, note)


def _carve(
    splits: NDArray[np.int8],
    target: int,
    share: float,
    keys: NDArray[np.uint64],
    strata: NDArray[np.int64],
    random: np.random.Generator,
) -> None:
    """Move a share of the training rows to `target`, class by class; at least one group of each class stays."""
    rows = np.flatnonzero(splits == TRAIN)
    _, first, group_of, sizes = np.unique(keys[rows], return_index=True, return_inverse=True, return_counts=True)
    stratum_of = strata[rows][first]
    shuffled = random.permutation(len(sizes))
    order = shuffled[np.argsort(stratum_of[shuffled], kind="stable")]
    bounds = np.flatnonzero(np.diff(stratum_of[order])) + 1
    classes = np.split(order, bounds)
    counts = np.array([sizes[groups].sum() if len(groups) > 1 else 0 for groups in classes], dtype=np.int64)
    quotas = _quotas(counts, share, int(sizes.sum()), random)
    picked = np.zeros(len(sizes), dtype=bool)
    for groups, quota in zip(classes, quotas, strict=True):
        picked[_pick(groups, sizes, int(quota))] = True
    if not picked.any():
        picked[_smallest(classes, sizes)] = True
    splits[rows[picked[group_of]]] = target


def _quotas(counts: NDArray[np.int64], share: float, total: int, random: np.random.Generator) -> NDArray[np.int64]:
    """How many rows each class gives: its share rounded down, and one more for those that lost most by rounding."""
    exact = counts * share
    quotas = np.floor(exact + 1e-9).astype(np.int64)
    missing = max(1, round(total * share)) - int(quotas.sum())
    by_remainder = np.lexsort((random.random(len(counts)), quotas - exact))
    chosen = [c for c in by_remainder if counts[c] - quotas[c] > 1][: max(0, missing)]
    quotas[chosen] += 1
    return np.asarray(quotas, dtype=np.int64)


def _pick(groups: NDArray[np.int64], sizes: NDArray[np.int64], quota: int) -> list[int]:
    """Groups in their random order that together have at most `quota` rows; the last one always stays."""
    picked, room = [], quota
    for group in groups[:-1]:
        if room == 0:
            break
        if sizes[group] <= room:
            picked.append(int(group))
            room -= int(sizes[group])
    return picked


def _smallest(classes: list[NDArray[np.int64]], sizes: NDArray[np.int64]) -> list[int]:
    """The smallest group that its class can spare, where every group is larger than the share: better than none."""
    spare = [int(group) for groups in classes for group in groups[:-1]]
    return sorted(spare, key=lambda group: int(sizes[group]))[:1]


def code(name: str) -> int:
    """The number of a split's name."""
    return SPLITS.index(name)
