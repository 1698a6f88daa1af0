"""What should be known before the numbers of a run are believed: each a code, its values and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from studio import margins
from studio.contracts import Answer
from studio.data.store import DatasetRecord
from studio.runs.outcome import Outcome
from studio.runs.remedies import lightest

FEW_ROWS = 100
WIDE = 0.05  # half width of the interval
OVERLAP = "overlap"  # the code of the check-up's finding

Verdict = dict[str, Any]


def of(outcome: Outcome, record: DatasetRecord | None) -> list[Verdict]:
    """Every verdict that applies; none while there are no results. `record` is None where the dataset is gone."""
    if not outcome.rows:
        return []
    found: Iterable[Verdict | None] = (check(outcome) for check in _CHECKS)
    return [verdict for verdict in (*found, _overlap(record)) if verdict is not None]


def _verdict(code: str, message: str, **values: Any) -> Verdict:
    return {"code": code, "values": values, "message": message}


def _compared(outcome: Outcome, name: str) -> tuple[float, float, float] | None:
    """The main metric on the test rows, the lower end of its interval (the value, where it has none), and a baseline's
    value."""
    metrics, baseline = outcome.metrics["test"], outcome.baseline.get(name) or {}
    value, other, interval = metrics.get(outcome.main), baseline.get(outcome.main), margins.known(metrics)
    return None if value is None or other is None else (value, interval[0] if interval else value, other)


def _no_better_than_majority(outcome: Outcome) -> Verdict | None:
    found = _compared(outcome, "majority")
    if found is None or found[1] > found[2]:
        return None
    value, _, guessing = found
    message = (
        "The model is not clearly better than always guessing the most frequent class:"
        f" {value:.3f} against {guessing:.3f}."
    )
    if outcome.answer is Answer.NUMBER:
        message = f"The model is not clearly better than always answering the mean: {value:.3f} against {guessing:.3f}."
        return _verdict("no_better_than_mean", message, metric=outcome.main, value=value, baseline=guessing)
    if outcome.answer is Answer.LABELS:
        message = (
            "The model is not clearly better than giving every row the same labels:"
            f" {value:.3f} against {guessing:.3f}."
        )
        return _verdict("no_better_than_same", message, metric=outcome.main, value=value, baseline=guessing)
    if outcome.answer is Answer.EXCERPT:
        message = (
            "The model is not clearly better than guessing by the words of the question:"
            f" {value:.3f} against {guessing:.3f}."
        )
        return _verdict("no_better_than_words", message, metric=outcome.main, value=value, baseline=guessing)
    if outcome.answer is Answer.WORDS:
        message = (
            "The model is not clearly better than always guessing the most frequent word:"
            f" {value:.3f} against {guessing:.3f}."
        )
        return _verdict("no_better_than_unigram", message, metric=outcome.main, value=value, baseline=guessing)
    return _verdict("no_better_than_majority", message, metric=outcome.main, value=value, baseline=guessing)


def _no_better_than_probe(outcome: Outcome) -> Verdict | None:
    found = _compared(outcome, "probe")
    if found is None or found[1] > found[2] or outcome.spec.method == lightest().name:  # which is the probe, tuned
        return None
    value, _, probe = found
    if outcome.answer is Answer.WORDS:
        message = f"The model is not clearly better than the network was before: {value:.3f} against {probe:.3f}."
        return _verdict("no_better_than_before", message, metric=outcome.main, value=value, baseline=probe)
    message = (
        "The model is not clearly better than a linear layer on the untouched network:"
        f" {value:.3f} against {probe:.3f}."
    )
    return _verdict("no_better_than_probe", message, metric=outcome.main, value=value, baseline=probe)


def _small_test(outcome: Outcome) -> Verdict | None:
    metrics = outcome.metrics[outcome.split]
    rows, interval = int(metrics.get("n") or 0), margins.known(metrics)
    if rows >= FEW_ROWS and (interval is None or interval[1] - interval[0] <= 2 * WIDE):
        return None
    half = margins.off(rows, interval)
    message = f"The score was measured on {rows:,} rows only, so it can be off by {half:.2f} either way."
    return _verdict("small_test", message, metric=outcome.main, rows=rows, half_width=half)


def _no_test_rows(outcome: Outcome) -> Verdict | None:
    if outcome.split == "test":
        return None
    message = (
        "There are no test rows: the score was measured on the rows by which the best model was chosen, so expect a"
        " little less on new ones."
    )
    return _verdict("no_test_rows", message)


def _overlap(record: DatasetRecord | None) -> Verdict | None:
    finding = next((f for f in record.findings if f.code == OVERLAP), None) if record else None
    if finding is None:
        return None
    return _verdict(OVERLAP, finding.message, count=finding.count)


_CHECKS: tuple[Callable[[Outcome], Verdict | None], ...] = (
    _no_test_rows,
    _no_better_than_majority,
    _no_better_than_probe,
    _small_test,
)
