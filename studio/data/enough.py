"""Whether rows can be trained and tested on: there are enough of them, and something to tell apart."""

from __future__ import annotations

import numpy as np

from studio.data.formats._records import SkipLog
from studio.data.rows import Rows
from studio.data.splits import TRAIN
from studio.errors import LimitError, TooFewClasses, TooFewRows
from studio.settings import Limits

FEWEST_TRAIN_ROWS = 10


def check(rows: Rows, limits: Limits, skipped: SkipLog, advice: str = "") -> None:
    """Raise TooFewClasses, TooFewRows or LimitError unless the rows can be trained and tested on."""
    counts = np.bincount(rows.splits, minlength=3)
    numbers = f"There are {counts[0]:,} rows to train, {counts[1]:,} to choose (valid) and {counts[2]:,} to test on."
    if skipped.count:
        first = skipped.items[0]
        numbers += f" {skipped.count:,} were skipped, the first at {first.where}: {first.why}"
    _check_variety(rows, advice)
    if len(rows.labels) > limits.classes:
        raise LimitError(f"There are {len(rows.labels):,} classes; the limit is {limits.classes:,}.")
    if counts[0] < FEWEST_TRAIN_ROWS:
        raise TooFewRows("There are too few rows to train on.", why=numbers, next="At least 10 are needed; bring more.")
    if not (counts[1] and counts[2]):
        raise TooFewRows("There are too few rows to choose and to test on.", why=numbers, next="Bring more rows.")


def _check_variety(rows: Rows, advice: str) -> None:
    """Raise TooFewClasses where there is nothing to tell apart."""
    values = rows.numbers
    if values is not None:
        trained = np.unique(values[rows.splits == TRAIN])
        if len(trained) == 1:
            raise TooFewClasses(
                "All numbers are the same.", why=f"Every row to train on has {trained[0]:g}.", next="Bring other rows."
            )
    elif rows.answered is not None:
        if len(rows) and not rows.answered[rows.splits == TRAIN].any():
            raise TooFewClasses("No row to train on has an answer.", next="Bring rows that have one in their text.")
    elif rows.several and len(rows.labels) < 2 and len(rows):
        raise TooFewClasses(
            "There are fewer than two labels.",
            why=f"All rows together have {len(rows.labels)}.",
            next="For yes or no to one thing, import the file for a task with one class for each row.",
        )
    elif rows.task.labelled and len(rows.labels) < 2 and len(rows):
        only = f"Every row has the class '{rows.labels[0]}'."
        raise TooFewClasses(
            "There are fewer than two classes.", why=only, next=advice or "Bring rows of another class."
        )
