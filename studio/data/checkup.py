"""What is odd about a dataset: findings over its canonical rows, and the order to mend them.

Findings are computed in the importer process. `mend` runs anywhere: it has a new importer process write a mended copy.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.contracts import ColumnKind
from studio.data import runner
from studio.data.formats._dialect import is_number
from studio.data.formats._records import EXAMPLES, cut, plural
from studio.data.splits import TEST, TRAIN, VALID
from studio.data.store import SPLITS, DatasetRecord, Finding
from studio.errors import InvalidOption
from studio.identifiers import new_id
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.data.rows import Rows

FEW_ROWS = 5  # training rows below which a class is tiny
_IMBALANCE = 10  # times as many rows in the largest class as in the smallest
_LONG_TOKENS = 512  # what the usual encoders read of a text
_LETTERS_PER_TOKEN = 4

Mask = NDArray[np.bool_]


def findings(rows: Rows) -> list[Finding]:
    """Everything noticed, worst first."""
    found = [finding for check in _CHECKS.values() if (finding := check(rows)) is not None]
    return sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity))


def mend(
    settings: Settings, record: DatasetRecord, codes: Sequence[str], report: Callable[[dict[str, Any]], None]
) -> DatasetRecord:
    """A mended copy of a dataset; the original stays as it is. Raises InvalidOption for a code the dataset lacks."""
    mendable = [finding.fix for finding in record.findings if finding.fix]
    for code in codes:
        if code not in mendable:
            known = f"This dataset has: {', '.join(mendable)}." if mendable else "This dataset has nothing to mend."
            raise InvalidOption(f"There is nothing to mend under '{code}'.", why=known)
    if not codes:
        raise InvalidOption("Nothing was named that is to be mended.", why=f"This dataset has: {', '.join(mendable)}.")
    request = {
        "kind": "mend",
        "id": new_id(),
        "name": f"{record.name} (mended)",
        "created": time.time(),
        "original": str(settings.datasets / record.id),
        "codes": list(dict.fromkeys(codes)),
    }
    return runner.run(settings, request, report)


def same_rows(rows: Rows) -> NDArray[np.int64]:
    """[n] a number that is equal for rows with the same input."""
    return np.unique(rows.keys, return_inverse=True)[1].astype(np.int64)


def answers(rows: Rows) -> NDArray[np.int64]:
    """[n] a number that is equal for rows with the same class, or the same tags."""
    if not rows.tagged:
        return rows.classes()
    tags = rows.table.column(rows.task.target.name).to_pylist()
    numbers: dict[tuple[int, ...], int] = {}
    return np.array([numbers.setdefault(tuple(row), len(numbers)) for row in tags], dtype=np.int64)


def repeated(rows: Rows) -> Mask:
    """The second and later of rows that are alike in input, answer and split."""
    together = np.stack([same_rows(rows), answers(rows), rows.splits.astype(np.int64)])
    _, first = np.unique(together, axis=1, return_index=True)
    mask = np.ones(len(rows), dtype=bool)
    mask[first] = False
    return mask


def conflicting(rows: Rows) -> Mask:
    """Rows whose input also stands under another answer."""
    group, answer = same_rows(rows), answers(rows)
    count = int(group.max(initial=-1)) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, dtype=np.int64)
    np.minimum.at(low, group, answer)
    np.maximum.at(high, group, answer)
    return np.asarray((low != high)[group], dtype=bool)


def overlapping(rows: Rows) -> Mask:
    """Test rows that also stand in train or valid, and valid rows that also stand in train."""
    keys = [rows.keys[rows.splits == split] for split in (TRAIN, VALID, TEST)]
    mask = np.zeros(len(rows), dtype=bool)
    mask[rows.splits == VALID] = np.isin(keys[VALID], keys[TRAIN])
    mask[rows.splits == TEST] = np.isin(keys[TEST], np.concatenate([keys[TRAIN], keys[VALID]]))
    return mask


def tiny(rows: Rows) -> NDArray[np.int64]:
    """Ids of the classes with fewer than five training rows."""
    return np.flatnonzero(_train_counts(rows) < FEW_ROWS)


def alike(labels: Sequence[str]) -> list[list[int]]:
    """Ids of class names that differ by case, spaces, hyphens, dots and underscores only."""
    groups: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        if is_number(label):
            continue  # the sign and the point of a number mean something
        bare = re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", label).casefold())
        groups.setdefault(bare or label, []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _overlap(rows: Rows) -> Finding | None:
    mask = overlapping(rows)
    parts = [
        f"{int(mask[rows.splits == split].sum()):,} of {int((rows.splits == split).sum()):,} {SPLITS[split]} rows"
        for split in (VALID, TEST)
        if mask[rows.splits == split].any()
    ]
    message = (
        f"{' and '.join(parts)} are also among the rows trained or chosen on, so scores look better than they are."
    )
    return _finding("overlap", "warning", message, int(mask.sum()), _shown(rows, np.flatnonzero(mask)), "overlap")


def _conflicting_labels(rows: Rows) -> Finding | None:
    mask = conflicting(rows)
    count = len(np.unique(rows.keys[mask]))
    what = {ColumnKind.IMAGE: "image", ColumnKind.TOKENS: "sentence"}.get(rows.task.inputs[0].kind, "text")
    tags = "tags" if rows.tagged else "classes"
    message = f"{plural(count, what + ' stands', what + 's stand')} under different {tags}."
    places = np.flatnonzero(mask)
    chosen = places[np.unique(rows.keys[places], return_index=True)[1]]
    return _finding("conflicting_labels", "warning", message, count, _shown(rows, chosen), "conflicting_labels")


def _duplicates(rows: Rows) -> Finding | None:
    mask = repeated(rows)
    count = int(mask.sum())
    message = f"{plural(count, 'row repeats', 'rows repeat')} another row."
    return _finding("duplicates", "info", message, count, _shown(rows, np.flatnonzero(mask)), "duplicates")


def _tiny_classes(rows: Rows) -> Finding | None:
    if rows.tagged:
        return None
    counts, few = _train_counts(rows), tiny(rows)
    message = f"{plural(len(few), 'class has', 'classes have')} fewer than {FEW_ROWS} rows to train on."
    names = [f"{rows.labels[i]} ({counts[i]})" for i in few]
    fix = "tiny_classes" if len(rows.labels) - len(few) > 1 else None
    return _finding("tiny_classes", "warning", message, len(few), names, fix)


def _absent_classes(rows: Rows) -> Finding | None:
    if rows.tagged:
        return None
    classes, absent = rows.classes(), []
    for split in (VALID, TEST):
        present = set(np.unique(classes[rows.splits == split]).tolist())
        absent += [f"{label} ({SPLITS[split]})" for i, label in enumerate(rows.labels) if i not in present]
    message = (
        f"{plural(len(absent), 'class is', 'classes are')} missing among the valid or the test rows, and not measured."
    )
    return _finding("absent_classes", "warning", message, len(absent), absent, None)


def _similar_labels(rows: Rows) -> Finding | None:
    if rows.tagged:
        return None
    groups = [[rows.labels[i] for i in group] for group in alike(rows.labels)]
    message = f"{plural(len(groups), 'class is', 'classes are')} spelled in several ways."
    return _finding(
        "similar_labels", "warning", message, len(groups), [" / ".join(g) for g in groups], "similar_labels"
    )


def _imbalance(rows: Rows) -> Finding | None:
    if rows.tagged:
        return None
    counts = _train_counts(rows)
    large, small = int(np.argmax(counts)), int(np.argmin(counts))
    if counts[large] < _IMBALANCE * counts[small]:
        return None
    message = (
        f"The class '{rows.labels[large]}' has {counts[large]:,} training rows, "
        f"'{rows.labels[small]}' has {counts[small]:,}. "
        "Look at macro F1 rather than accuracy, and consider class_weights=balanced."
    )
    return _finding("imbalance", "warning", message, 1, [], None)


def _long(rows: Rows) -> Finding | None:
    if rows.task.inputs[0].kind is not ColumnKind.TEXT:
        return None
    import pyarrow.compute as pc

    column = rows.table.column(rows.task.inputs[0].name)
    letters = np.asarray(pc.utf8_length(column), dtype=np.float64)
    wide = (np.asarray(pc.binary_length(column), dtype=np.float64) - letters) / 2  # East Asian characters take 3 bytes
    places = np.flatnonzero((letters - wide) / _LETTERS_PER_TOKEN + wide > _LONG_TOKENS)
    message = (
        f"{plural(len(places), 'text is', 'texts are')} longer than most models read; the rest of them is cut off."
    )
    return _finding("long_texts", "info", message, len(places), _shown(rows, places), None)


def _train_counts(rows: Rows) -> NDArray[np.int64]:
    counts = np.bincount(rows.classes()[rows.splits == TRAIN], minlength=len(rows.labels))
    return counts.astype(np.int64)


def _shown(rows: Rows, places: NDArray[Any]) -> list[str]:
    return [rows.shown(int(place)) for place in places[:EXAMPLES]]


def _finding(
    code: str, severity: str, message: str, count: int, examples: Iterable[str], fix: str | None
) -> Finding | None:
    if count == 0:
        return None
    shown = [cut(example) for example in list(examples)[:EXAMPLES]]
    return Finding(code=code, severity=severity, message=message, count=count, examples=shown, fix=fix)


_CHECKS: Mapping[str, Callable[[Rows], Finding | None]] = {
    "overlap": _overlap,
    "conflicting_labels": _conflicting_labels,
    "tiny_classes": _tiny_classes,
    "absent_classes": _absent_classes,
    "similar_labels": _similar_labels,
    "imbalance": _imbalance,
    "duplicates": _duplicates,
    "long_texts": _long,
}
CODES = frozenset(_CHECKS)  # the findings over rows; all others come from reading the files
