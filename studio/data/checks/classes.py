"""Class names that are no classes or several spellings of one, and classes with too few rows to learn or to measure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.data.checks._look import Check, Look, Numbers, finding, percent
from studio.data.notes import plural
from studio.data.numbers import is_number, reading
from studio.data.splits import TEST, TRAIN, VALID
from studio.data.store import SPLITS, Finding

if TYPE_CHECKING:
    from studio.data.rows import Rows

FEW_ROWS = 5  # training rows below which a class is tiny
_IMBALANCE = 10  # times as many rows in the largest class as in the smallest
_ID_SHARE, _ID_ROWS = 0.5, 20  # classes per row from which labels are ids, and rows from which that is judged
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_DECIMALS = 5  # different decimal numbers from which labels are a measure
_MOST_ROUNDED = 50  # classes that may be left when measures are rounded


def tiny(look: Look) -> Numbers:
    """Ids of the classes with fewer than five training rows."""
    return np.flatnonzero(look.train_counts < FEW_ROWS)


def alike(labels: Sequence[str]) -> list[list[int]]:
    """Ids of class names that differ by case, spaces, hyphens, dots and underscores only."""
    groups: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        if is_number(label):
            continue  # the sign and the point of a number mean something
        bare = re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", label).casefold())
        groups.setdefault(bare or label, []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def rounded(labels: Sequence[str]) -> list[str]:
    """The class names with decimal numbers rounded to whole ones; empty where they are no measure, or stay one."""
    decimals = [label for label in labels if _DECIMAL.fullmatch(label)]
    numbers = [found.number for label in labels if (found := reading(label)) is not None]
    if len(decimals) < _DECIMALS or len(numbers) < len(labels):
        return []
    whole = [str(round(number)) for number in numbers]
    return whole if 2 <= len(set(whole)) <= _MOST_ROUNDED else []


def _id_labels(look: Look) -> Finding | None:
    rows, labels = look.rows, look.rows.labels
    if not _judged(look) or len(rows) < _ID_ROWS or len(labels) <= _ID_SHARE * len(rows):
        return None
    message = (
        f"There are {len(labels):,} classes for {len(rows):,} rows: the label looks like an id or a free text."
        " Choose another column as the label."
    )
    return finding("id_labels", "error", message, len(labels), labels)


def _number_labels(look: Look) -> Finding | None:
    labels = look.rows.labels
    decimals = [label for label in labels if _DECIMAL.fullmatch(label)]
    if not look.rows.classed or len(decimals) < _DECIMALS or 2 * len(decimals) < len(labels):
        return None
    message = (
        f"{plural(len(decimals), 'class is a decimal number', 'classes are decimal numbers')}: a measure rather than a"
        " class. Neighbouring values are learned as if they had nothing in common."
    )
    return finding("number_labels", "warning", message, len(decimals), decimals, mendable=bool(rounded(labels)))


def _judged(look: Look) -> bool:
    """Whether rows as a whole have classes: one each, or any number."""
    return look.rows.classed or look.rows.several


def _similar_labels(look: Look) -> Finding | None:
    if not _judged(look):
        return None
    groups = [[look.rows.labels[i] for i in group] for group in alike(look.rows.labels)]
    message = f"{plural(len(groups), 'class is', 'classes are')} spelled in several ways."
    examples = [" / ".join(group) for group in groups]
    return finding("similar_labels", "warning", message, len(groups), examples, mendable=True)


def _tiny_classes(look: Look) -> Finding | None:
    if not _judged(look):
        return None
    labels, few = look.rows.labels, tiny(look)
    message = f"{plural(len(few), 'class has', 'classes have')} fewer than {FEW_ROWS} rows to train on."
    names = [f"{labels[i]} ({look.train_counts[i]})" for i in few[:100]]
    return finding("tiny_classes", "warning", message, len(few), names, mendable=len(labels) - len(few) > 1)


def _absent_classes(look: Look) -> Finding | None:
    if not _judged(look):
        return None
    classes, row_of, absent = look.rows.classes(), look.rows.row_of(), []
    for split in (VALID, TEST):
        present = set(np.unique(classes[look.of(split)[row_of]]).tolist())
        absent += [f"{label} ({SPLITS[split]})" for i, label in enumerate(look.rows.labels) if i not in present]
    message = (
        f"{plural(len(absent), 'class is', 'classes are')} missing among the valid or the test rows, and not measured."
    )
    return finding("absent_classes", "warning", message, len(absent), absent)


def everywhere(look: Look) -> Numbers:
    """Ids of the classes that every training row has, where rows may have several."""
    rows = int(look.of(TRAIN).sum())
    return np.flatnonzero(look.train_counts == rows) if look.rows.several and rows else np.zeros(0, dtype=np.int64)


def _constant_labels(look: Look) -> Finding | None:
    names = [look.rows.labels[i] for i in everywhere(look)]
    message = (
        f"{plural(len(names), 'label stands', 'labels stand')} at every row to train on: nothing can be learned of"
        f" {'it' if len(names) == 1 else 'them'}."
    )
    return finding("constant_labels", "warning", message, len(names), names, mendable=len(look.rows.labels) > 2)


def _without_constant(look: Look) -> Rows:
    return _forgotten(look, everywhere(look))


def _forgotten(look: Look, labels: Numbers) -> Rows:
    """The rows without these labels; they stay, also where they have no other."""
    from studio.data.rows import with_classes

    classes = look.rows.classes()
    return with_classes(look.rows, np.where(np.isin(classes, labels), -1, classes), look.rows.labels)


def _imbalance(look: Look) -> Finding | None:
    if not look.rows.classed:
        return None
    counts, labels = look.train_counts, look.rows.labels
    large, small = int(np.argmax(counts)), int(np.argmin(counts))
    if counts[large] < _IMBALANCE * counts[small]:
        return None
    message = (
        f"The class '{labels[large]}' has {counts[large]:,} training rows"
        f" ({percent(counts[large] / max(1, counts.sum()))}), '{labels[small]}' has {counts[small]:,}. "
        "Look at macro F1 rather than accuracy, and consider class_weights=balanced."
    )
    return finding("imbalance", "warning", message, 1, [])


def _merged(look: Look) -> Rows:
    """Merge the spellings of a class into its most frequent one."""
    from studio.data.rows import relabel

    rows = look.rows
    counts = np.bincount(rows.classes(), minlength=len(rows.labels))
    mapping = {i: i for i in range(len(rows.labels))}
    for group in alike(rows.labels):
        kept = max(group, key=lambda i: (counts[i], -i))
        mapping |= dict.fromkeys(group, kept)
    return relabel(rows, rows.labels, mapping)


def _rounded(look: Look) -> Rows:
    """Numbers as the whole numbers next to them."""
    from studio.data.rows import relabel, sort_labels

    whole = rounded(look.rows.labels)
    if not whole:
        return look.rows
    labels = sort_labels(list(set(whole)))
    places = {label: place for place, label in enumerate(labels)}
    return relabel(look.rows, labels, {old: places[label] for old, label in enumerate(whole)})


def _without_tiny(look: Look) -> Rows:
    """Leave out the classes that have too few rows to train on; of rows that may have several, only these labels."""
    if look.rows.several:
        return _forgotten(look, tiny(look))
    return look.rows.take(~np.isin(look.rows.classes(), tiny(look)))


SPELLINGS = (
    Check("id_labels", _id_labels),
    Check("number_labels", _number_labels, _rounded),
    Check("similar_labels", _similar_labels, _merged),
)
SIZES = (
    Check("tiny_classes", _tiny_classes, _without_tiny),
    Check("constant_labels", _constant_labels, _without_constant),
    Check("absent_classes", _absent_classes),
    Check("imbalance", _imbalance),
)
