"""What came of a run: per-class table, confusion, examples, and what can honestly be said of the numbers.

Everything is counted from `metrics.json` and the kept predictions; F1 means what it means to scikit-learn (single
classes) and seqeval (whole entities). Nothing here loads either of them, or a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypedDict

import numpy as np

from studio import margins
from studio.contracts import Answer, ColumnKind
from studio.data import store as datasets
from studio.errors import WrongState
from studio.runs import entities, events, kept, measured, quoted, several
from studio.runs.kept import Kept, Mask, Numbers
from studio.runs.measured import Measured
from studio.runs.quoted import Quoted
from studio.runs.several import Several
from studio.runs.store import Run
from studio.spec import RunSpec
from studio.tasks import TASKS

MOST_CLASSES = 30  # of the confusion matrix
THRESHOLDS = 20
_CLOSE = 4  # rows read for each row that is wanted

Data = dict[str, Any]


class Choice(TypedDict, total=False):
    """Which examples are wanted: with this target and this answer (names of classes, tags or kinds of entities), only
    mistakes (`wrong`) or only what is right, the most confident first or in their own order."""

    true: str | None
    predicted: str | None
    wrong: bool | None
    order: Literal["score", "place"]
    start: int
    count: int


@dataclass(frozen=True)
class Outcome:
    """The results of one run, read once. `split` is the one that is looked at; `kept`, `measured`, `several` and
    `quoted` are None where no answers of their kind (one class, numbers, several classes, pieces of texts) are kept."""

    spec: RunSpec
    report: Mapping[str, Any]
    facts: Mapping[str, Any]
    split: str
    kept: Kept | None
    measured: Measured | None = None
    several: Several | None = None
    quoted: Quoted | None = None

    @property
    def rows(self) -> int:
        """How many answers are kept."""
        return len(self.kept or self.measured or self.several or self.quoted or ())

    @property
    def answer(self) -> Answer:
        return TASKS[self.spec.task].answer

    @property
    def main(self) -> str:
        return TASKS[self.spec.task].metric

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Metrics by split."""
        return {split: self.report.get("metrics", {}).get(split, {}) for split in ("valid", "test")}

    @property
    def baseline(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.report.get("baseline") or self.facts.get("baseline") or {}
        return found


def stamp(run: Run) -> tuple[int, ...]:
    """Changes whenever the results do."""
    found = []
    for path in (run.metrics_file, run.predictions, run.log):
        try:
            state = path.stat()
            found += [state.st_mtime_ns, state.st_ino]
        except OSError:
            found += [0, 0]
    return tuple(found)


def read(run: Run) -> Outcome:
    """The results so far. Raises WrongState for a run that cannot be read."""
    spec, report = run.spec(), run.metrics()
    facts = {k: v for e in events.read(run.log) if isinstance(e, events.Prepared) for k, v in e.facts.items()}
    empty = Outcome(spec, report, facts, "test", None)
    for split in ("test", "valid") if report else ():
        found = _answered(run, replace(empty, split=split))
        if found.rows:
            return found
    return empty


def _answered(run: Run, outcome: Outcome) -> Outcome:
    """The results with the answers that were kept for the split."""
    file = run.predictions / f"{outcome.split}.jsonl"
    match outcome.answer:
        case Answer.NUMBER:
            return replace(outcome, measured=measured.read(file))
        case Answer.EXCERPT | Answer.WORDS:
            return replace(outcome, quoted=quoted.read(file))
        case Answer.LABELS:
            return replace(outcome, several=several.read(run, outcome.split))
        case Answer.LABEL | Answer.SPANS:
            return replace(outcome, kept=kept.read(file, outcome.spec.labels))


def summary(outcome: Outcome, verdicts: Sequence[Data]) -> Data:
    """The results as plain data. Where there is nothing yet, lists are empty and `confusion` is `{}`."""
    found, many = outcome.kept, outcome.several
    metrics = dict(outcome.metrics)
    return {
        "main": outcome.main,
        "metrics": metrics if outcome.report else {},
        "baseline": dict(outcome.baseline),
        "split": outcome.split,
        "value": metrics[outcome.split].get(outcome.main),
        "interval": margins.known(metrics[outcome.split]),
        "rows": outcome.rows,
        "answer": outcome.answer.value,
        "classes": many.classes() if many else classes(found, outcome.answer) if found else [],
        "confusion": confusion(found) if found else {},
        "points": outcome.measured.points() if outcome.measured else [],
        "n_wrong": _mistakes(outcome),
        "verdicts": list(verdicts),
    }


def _mistakes(outcome: Outcome) -> int:
    """How many rows were answered wrongly; numbers never are."""
    if outcome.quoted is not None:
        return int((~outcome.quoted.right).sum())
    found = outcome.kept or outcome.several
    return int(found.wrong_rows().sum()) if found else 0


def classes(found: Kept, answer: Answer) -> list[Data]:
    """Precision, recall and F1 of each class, 0 where they are not defined; for spans, of each kind of entity."""
    match answer:
        case Answer.LABEL:
            size = len(found.labels)
            hits = np.bincount(found.true[found.right], minlength=size)
            support, predicted = np.bincount(found.true, minlength=size), np.bincount(found.guess, minlength=size)
            rows = zip(found.labels, support.tolist(), predicted.tolist(), hits.tolist(), strict=True)
            return [_class(*row) for row in rows]
        case Answer.SPANS:
            counted = entities.count(found.tags(found.true), found.tags(found.guess))
            kinds = sorted(entities.names(found.labels))
            return [_class(kind, *(counts[kind] for counts in counted)) for kind in kinds]
        case Answer.NUMBER | Answer.LABELS | Answer.EXCERPT | Answer.WORDS:
            raise AssertionError("these answers have no classes, or count them themselves")


def _class(name: str, support: int, predicted: int, hits: int) -> Data:
    return {
        "name": name,
        "precision": hits / predicted if predicted else 0.0,
        "recall": hits / support if support else 0.0,
        "f1": 2 * hits / (support + predicted) if hits else 0.0,
        "support": support,
        "predicted": predicted,
    }


def confusion(found: Kept) -> Data:
    """Counts [true][predicted] of all classes, or of those with the most mistakes, in their usual order."""
    size = len(found.labels)
    wrong = ~found.right
    mistakes = np.bincount(found.true[wrong], minlength=size) + np.bincount(found.guess[wrong], minlength=size)
    chosen = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])
    place = np.full(size, -1)
    place[chosen] = np.arange(len(chosen))
    true, guess = place[found.true], place[found.guess]
    inside = (true >= 0) & (guess >= 0)
    counts = np.zeros((len(chosen), len(chosen)), dtype=np.int64)
    np.add.at(counts, (true[inside], guess[inside]), 1)
    labels = [found.labels[i] for i in chosen]
    return {"labels": labels, "counts": counts.tolist(), "shortened": len(chosen) < size}


def by_confidence(found: Kept) -> list[Data]:
    """Share of the answers that are at least this sure, and how many of those are right (None where there are none).

    Answers are words where rows have tags.
    """
    points = []
    for threshold in np.arange(THRESHOLDS) / THRESHOLDS:
        sure = found.score >= threshold
        accuracy = float(found.right[sure].mean()) if sure.any() else None
        coverage = float(sure.mean()) if len(sure) else 0.0
        points.append({"threshold": float(threshold), "coverage": coverage, "accuracy": accuracy})
    return points


def examples(outcome: Outcome, dataset: Path, choice: Choice) -> Data:
    """Held-out rows with target and answer, as `Results.examples` says."""
    found = outcome.kept
    unclassed = outcome.measured or outcome.quoted
    if unclassed is not None:
        rows = unclassed.wanted(choice.get("wrong"), choice.get("order", "score") == "score")
        return _shown(outcome, dataset, rows, choice)
    if outcome.several is not None:
        return _shown(outcome, dataset, outcome.several.chosen(choice), choice)
    if found is None:
        return {"total": 0, "items": []}
    words = _words(found, choice)
    wrong = choice.get("wrong")
    mask = found.any_of(words) & (np.ones(len(found), dtype=bool) if wrong is None else found.wrong_rows() == wrong)
    rows = np.flatnonzero(mask)
    if choice.get("order", "score") == "score":
        sure = found.confidence(words & ~found.right if wrong else words)
        rows = rows[np.argsort(-sure[rows], kind="stable")]
    return _shown(outcome, dataset, rows, choice)


def _page(rows: Numbers, choice: Choice) -> list[int]:
    start = max(0, choice.get("start", 0))
    return [int(row) for row in rows[start : start + max(0, choice.get("count", 20))]]


def _shown(outcome: Outcome, dataset: Path, rows: Numbers, choice: Choice) -> Data:
    """A page of these rows: what was kept of them, and what the model was asked."""
    found = outcome.kept or outcome.measured or outcome.several or outcome.quoted
    shown = _page(rows, choice)
    records = found.records(shown) if found else []
    together = zip(shown, records, _inputs(outcome, dataset, shown), strict=True)
    return {"total": len(rows), "items": [{"index": row, **cells, **record} for row, record, cells in together]}


def _words(found: Kept, choice: Choice) -> Mask:
    """[words] those that have the wanted target and answer."""
    mask = np.ones(len(found.true), dtype=bool)
    wanted: tuple[tuple[str | None, Numbers], ...] = (
        (choice.get("true"), found.true),
        (choice.get("predicted"), found.guess),
    )
    for name, numbers in wanted:
        if name is not None:
            mask &= np.isin(numbers, kept.of_label(found.labels, name))
    return mask


def _inputs(outcome: Outcome, dataset: Path, rows: Sequence[int]) -> list[Data]:
    """What the model was asked: text, words, or an image's place; nothing where the dataset is gone or changed."""
    try:
        if not rows or datasets.read(dataset).fingerprint != outcome.spec.fingerprint:
            return [{} for _ in rows]
        cells = _rows(dataset, outcome.split, rows)
    except (FileNotFoundError, WrongState):
        return [{} for _ in rows]
    return [_cells(outcome, cell, count) for cell, count in zip(cells, _counts(outcome, rows), strict=True)]


def _rows(dataset: Path, split: str, rows: Sequence[int]) -> list[Data]:
    """Rows of a split: read at once where they lie close together, one by one where they are scattered."""
    first, end = min(rows), max(rows) + 1
    if end - first > _CLOSE * len(rows):
        return [_rows(dataset, split, [row])[0] for row in rows]
    columns = datasets.read_rows(dataset, split, first, end)
    return [{name: cells[row - first] for name, cells in columns.items()} for row in rows]


def _counts(outcome: Outcome, rows: Sequence[int]) -> list[int]:
    """How many words of each row were answered."""
    return [0 for _ in rows] if outcome.kept is None else np.diff(outcome.kept.offsets)[list(rows)].tolist()


def _cells(outcome: Outcome, row: Data, words: int) -> Data:
    """The input cells of a row; of words only those that have a tag: an older studio kept none for what comes after the
    cut, which is `unread`."""
    cells: Data = {}
    for column in TASKS[outcome.spec.task].inputs:
        value = row[column.name]
        cells[column.name] = value
        if column.kind is ColumnKind.TOKENS:
            cells |= {column.name: list(value)[:words], "unread": max(0, len(value) - words)}
    return cells
