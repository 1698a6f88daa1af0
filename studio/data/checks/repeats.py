"""Rows that are the same, nearly the same, the same under two answers, or on both sides of a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.contracts import UNCLASSED, ColumnKind
from studio.data.checks import _near
from studio.data.checks._look import Check, Look, Mask, finding, percent
from studio.data.notes import plural
from studio.data.splits import TEST, TRAIN, VALID
from studio.data.store import SPLITS, Finding

if TYPE_CHECKING:
    from studio.data.rows import Rows

_COMMON, _COMMON_ROWS = 0.05, 20  # share and number of rows from which one input is suspiciously frequent
_MOST_FIRST = (TEST, VALID, TRAIN)  # whose rows stay where one of several has to go


def repeated(look: Look) -> Mask:
    """The second and later of rows that are alike in input, answer and split."""
    splits = look.rows.splits.astype(np.int64)
    together = (look.group * (int(look.answer.max(initial=0)) + 1) + look.answer) * len(SPLITS) + splits
    mask = np.ones(len(look.rows), dtype=bool)
    mask[np.unique(together, return_index=True)[1]] = False
    return mask


def conflicting(look: Look) -> Mask:
    """Rows whose input also stands under another answer."""
    group, answer = look.group, look.answer
    count = int(group.max(initial=-1)) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, dtype=np.int64)
    np.minimum.at(low, group, answer)
    np.maximum.at(high, group, answer)
    return np.asarray((low != high)[group], dtype=bool)


def overlapping(look: Look) -> Mask:
    """Test rows that also stand in train or valid, and valid rows that also stand in train."""
    keys = look.rows.keys
    mask = np.zeros(len(look.rows), dtype=bool)
    mask[look.of(VALID)] = np.isin(keys[look.of(VALID)], keys[look.of(TRAIN)])
    mask[look.of(TEST)] = np.isin(keys[look.of(TEST)], keys[~look.of(TEST)])
    return mask


def nearly(look: Look) -> Mask:
    """Rows that are nearly the same as another row of the same answer but not equal to it; one of each set stays.

    The test's stays before that of valid, and that before one of train: what is taken out is what would give away the
    answer to the others.
    """
    near = _near.groups(look)
    if near is None:
        return np.zeros(len(look.rows), dtype=bool)
    together = near * (int(look.answer.max(initial=0)) + 1) + look.answer
    rank = np.argsort(np.array(_MOST_FIRST))[look.rows.splits]
    order = np.lexsort((np.arange(len(near)), rank, together))
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = together[order][1:] != together[order][:-1]
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    return np.asarray(look.group != look.group[first])


def common(look: Look) -> Mask:
    """Rows whose input makes up more than a twentieth of all."""
    counts = np.bincount(look.group)
    frequent = counts > max(_COMMON * len(look.rows), _COMMON_ROWS)
    return np.asarray(frequent[look.group])


def _overlap(look: Look) -> Finding | None:
    mask = overlapping(look)
    valid, test = (mask[look.of(split)] for split in (VALID, TEST))
    said = ["Scores look better than they are."]
    if test.any():
        said.insert(0, f"{test.sum():,} of {len(test):,} test rows are also among the rows trained or chosen on.")
    if valid.any():
        said.insert(0, f"{valid.sum():,} of {len(valid):,} validation rows are also among the rows trained on.")
    message = " ".join(said)
    return finding("overlap", "warning", message, int(mask.sum()), look.shown(np.flatnonzero(mask)), mendable=True)


def _conflicting_labels(look: Look) -> Finding | None:
    mask = conflicting(look)
    count = len(np.unique(look.group[mask]))
    what = {ColumnKind.IMAGE: "image", ColumnKind.TOKENS: "sentence"}.get(look.kind, "text")
    if look.rows.task.target.kind in UNCLASSED:
        return None  # who rates a text or answers a question twice may well say something else
    tags = "tags" if look.rows.tagged else "labels" if look.rows.several else "classes"
    message = f"{plural(count, what + ' stands', what + 's stand')} under different {tags}."
    places = np.flatnonzero(mask)
    chosen = places[np.unique(look.group[places], return_index=True)[1]]
    return finding("conflicting_labels", "warning", message, count, look.shown(chosen), mendable=True)


def _duplicates(look: Look) -> Finding | None:
    mask = repeated(look)
    count = int(mask.sum())
    message = f"{plural(count, 'row repeats', 'rows repeat')} another row."
    return finding("duplicates", "info", message, count, look.shown(np.flatnonzero(mask)), mendable=True)


def _near_duplicates(look: Look) -> Finding | None:
    mask = nearly(look)
    count = int(mask.sum())
    how = "looks" if look.kind is ColumnKind.IMAGE else "reads"
    message = f"{plural(count, f'row {how}', f'rows {how[:-1]}')} nearly like another row of its class."
    places = np.flatnonzero(mask)
    return finding("near_duplicates", "info", message, count, look.shown(places), mendable=True)


def _common_inputs(look: Look) -> Finding | None:
    mask = common(look)
    places = np.flatnonzero(mask)
    chosen = places[np.unique(look.group[places], return_index=True)[1]]
    share = percent(len(places) / max(1, len(look.rows)))
    message = f"{plural(len(chosen), 'input fills', 'inputs fill')} {share} of all rows; little can be learned from it."
    return finding("common_inputs", "warning", message, len(places), look.shown(chosen), mendable=True)


def _by_majority(look: Look) -> Rows:
    """Of inputs with several answers keep the rows with the most frequent answer, or none if there is a tie."""
    mask = conflicting(look)
    votes: dict[int, dict[int, int]] = {}
    for g, a in zip(look.group[mask].tolist(), look.answer[mask].tolist(), strict=True):
        votes.setdefault(g, {})[a] = votes.setdefault(g, {}).get(a, 0) + 1
    winners = {g: _winner(counts) for g, counts in votes.items()}
    kept = ~mask
    for place in np.flatnonzero(mask):
        kept[place] = winners[int(look.group[place])] == int(look.answer[place])
    return look.rows.take(kept)


def _winner(counts: dict[int, int]) -> int | None:
    most = max(counts.values())
    best = [answer for answer, count in counts.items() if count == most]
    return best[0] if len(best) == 1 else None


def _apart(look: Look) -> Rows:
    """Take out of train what is also in valid or test, and out of valid what is also in test. The test stays whole."""
    keys = [look.rows.keys[look.of(split)] for split in (TRAIN, VALID, TEST)]
    kept = np.ones(len(look.rows), dtype=bool)
    kept[look.of(TRAIN)] = ~np.isin(keys[TRAIN], np.concatenate([keys[VALID], keys[TEST]]))
    kept[look.of(VALID)] = ~np.isin(keys[VALID], keys[TEST])
    return look.rows.take(kept)


def _without(mask: NDArray[np.bool_], look: Look) -> Rows:
    return look.rows.take(~mask)


CHECKS = (
    Check("common_inputs", _common_inputs, lambda look: _without(common(look), look)),
    Check("conflicting_labels", _conflicting_labels, _by_majority),
    Check("duplicates", _duplicates, lambda look: _without(repeated(look), look)),
    Check("near_duplicates", _near_duplicates, lambda look: _without(nearly(look), look)),
    Check("overlap", _overlap, _apart),
)
