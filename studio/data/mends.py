"""How each mendable finding is mended, as functions from rows to rows. Runs in the importer process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from studio.data import checkup
from studio.data.rows import Rows, relabel
from studio.data.splits import TEST, TRAIN, VALID


def mend(rows: Rows, codes: Sequence[str]) -> Rows:
    """The rows after the mends of `codes`, in an order in which none undoes another."""
    for code, function in MENDS.items():
        if code in codes:
            rows = function(rows)
    return rows


def _similar_labels(rows: Rows) -> Rows:
    """Merge the spellings of a class into its most frequent one."""
    counts = np.bincount(rows.classes(), minlength=len(rows.labels))
    mapping = {i: i for i in range(len(rows.labels))}
    for group in checkup.alike(rows.labels):
        kept = max(group, key=lambda i: (counts[i], -i))
        mapping |= dict.fromkeys(group, kept)
    return relabel(rows, rows.labels, mapping)


def _conflicting_labels(rows: Rows) -> Rows:
    """Of inputs with several answers keep the rows with the most frequent answer, or none if there is a tie."""
    mask = checkup.conflicting(rows)
    group, answer = checkup.same_rows(rows), checkup.answers(rows)
    votes: dict[int, dict[int, int]] = {}
    for g, a in zip(group[mask].tolist(), answer[mask].tolist(), strict=True):
        votes.setdefault(g, {})[a] = votes.setdefault(g, {}).get(a, 0) + 1
    winners = {g: _winner(counts) for g, counts in votes.items()}
    kept = ~mask
    for place in np.flatnonzero(mask):
        kept[place] = winners[int(group[place])] == int(answer[place])
    return rows.take(kept)


def _winner(counts: dict[int, int]) -> int | None:
    most = max(counts.values())
    best = [answer for answer, count in counts.items() if count == most]
    return best[0] if len(best) == 1 else None


def _duplicates(rows: Rows) -> Rows:
    """Keep the first of rows that are alike."""
    return rows.take(~checkup.repeated(rows))


def _overlap(rows: Rows) -> Rows:
    """Take out of train what is also in valid or test, and out of valid what is also in test. The test stays whole."""
    keys = [rows.keys[rows.splits == split] for split in (TRAIN, VALID, TEST)]
    kept = np.ones(len(rows), dtype=bool)
    kept[rows.splits == TRAIN] = ~np.isin(keys[TRAIN], np.concatenate([keys[VALID], keys[TEST]]))
    kept[rows.splits == VALID] = ~np.isin(keys[VALID], keys[TEST])
    return rows.take(kept)


def _tiny_classes(rows: Rows) -> Rows:
    """Leave out the classes that have too few rows to train on."""
    return rows.take(~np.isin(rows.classes(), checkup.tiny(rows)))


MENDS: dict[str, Callable[[Rows], Rows]] = {
    "similar_labels": _similar_labels,
    "conflicting_labels": _conflicting_labels,
    "duplicates": _duplicates,
    "overlap": _overlap,
    "tiny_classes": _tiny_classes,
}
