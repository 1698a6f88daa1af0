"""The predictions that a run kept where rows may have several classes: a yes or no for each class of each row.

Nothing here knows a task by its name, or what the rows looked like. There is no confusion of classes, as they do not
exclude each other: each class has its own four counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import modelfolder
from studio.runs import kept
from studio.runs.store import Run

Mask = NDArray[np.bool_]
Numbers = NDArray[Any]
Data = dict[str, Any]


@dataclass(frozen=True)
class Several:
    """`true` and `said` [n, classes] are the labels that rows have and that were answered, `sure` [n, classes] how sure
    the model was of each decision, 0 at the threshold and 1 at the farthest from it. `cuts` [classes] are the
    thresholds; `places` [n] says where each row's line begins in the file, in bytes."""

    file: Path
    labels: tuple[str, ...]
    true: Mask
    said: Mask
    sure: Numbers
    cuts: Numbers
    places: Numbers

    def __len__(self) -> int:
        return len(self.places)

    @property
    def wrong(self) -> Mask:
        """[n, classes] the decisions that are wrong."""
        return np.asarray(self.true != self.said, dtype=bool)

    def wrong_rows(self) -> Mask:
        """[n] whether anything in the row was answered wrongly."""
        return np.asarray(self.wrong.any(axis=1), dtype=bool)

    def classes(self) -> list[Data]:
        """Each class with its threshold, its four counts, and precision, recall and F1, 0 where they are not defined.

        `hit` were answered rightly, `missed` should have been answered, `extra` should not; `left` out were the rest.
        """
        hit, missed = (self.true & self.said).sum(axis=0), (self.true & ~self.said).sum(axis=0)
        extra = (~self.true & self.said).sum(axis=0)
        rows = zip(self.labels, hit.tolist(), missed.tolist(), extra.tolist(), self.cuts.tolist(), strict=True)
        return [_class(name, counts, cut, len(self)) for name, *counts, cut in rows]

    def chosen(self, choice: Mapping[str, Any]) -> Numbers:
        """The rows that a choice of examples asks for: with `true` those that have that label, with `predicted` those
        that were given it. `wrong` is asked of the decision on that label, or of any where none is named."""
        named = [choice.get(name) for name in ("true", "predicted")]
        columns = [self.labels.index(name) for name in {*named} if name in self.labels]
        looked = columns or list(range(len(self.labels)))
        kept_rows = np.ones(len(self), dtype=bool)
        for name, found in zip(named, (self.true, self.said), strict=True):
            if name is not None:
                kept_rows &= found[:, self.labels.index(name)] if name in self.labels else False
        wrong = self.wrong[:, looked]
        if choice.get("wrong") is not None:
            kept_rows &= wrong.any(axis=1) == choice["wrong"]
        rows = np.flatnonzero(kept_rows)
        if choice.get("order", "score") != "score":
            return rows
        sure = np.where(wrong, self.sure[:, looked], 0.0).max(axis=1, initial=0.0)
        sure = sure if choice.get("wrong") else self.sure[:, looked].min(axis=1, initial=1.0)
        return rows[np.argsort(-sure[rows], kind="stable")]

    def records(self, rows: Sequence[int]) -> list[Data]:
        """What the file says of these rows."""
        found = []
        with self.file.open("rb") as file:
            for row in rows:
                file.seek(int(self.places[row]))
                found.append(dict(json.loads(file.readline())))
        return found


def _class(name: str, counts: Sequence[int], cut: float, rows: int) -> Data:
    hit, missed, extra = counts
    return {
        "name": name,
        "threshold": cut,
        "precision": hit / (hit + extra) if hit + extra else 0.0,
        "recall": hit / (hit + missed) if hit + missed else 0.0,
        "f1": 2 * hit / (2 * hit + missed + extra) if hit else 0.0,
        "support": hit + missed,
        "predicted": hit + extra,
        "hit": hit,
        "missed": missed,
        "extra": extra,
        "left": rows - hit - missed - extra,
    }


def read(run: Run, split: str) -> Several | None:
    """The predictions of one split; None if there are none. Raises WrongState if they are damaged, ModelRefused if the
    thresholds are."""
    file, labels = run.predictions / f"{split}.jsonl", run.spec().labels
    ids = {label: number for number, label in enumerate(labels)}
    true, said, places = list[Mask](), list[Mask](), list[int]()
    try:
        for place, row in kept.rows(file):
            for names, found in ((row["target"], true), (row["labels"], said)):
                mask = np.zeros(len(labels), dtype=bool)
                mask[[ids[name] for name in names]] = True
                found.append(mask)
            places.append(place)
        scores = _scores(file.with_suffix(".safetensors"), (len(places), len(labels)))
    except FileNotFoundError:
        return None
    except kept.UNREADABLE as error:
        raise kept.damaged(file) from error
    cuts = _cuts(run, labels)
    sure = np.where(scores >= cuts, (scores - cuts) / np.maximum(1e-9, 1 - cuts), (cuts - scores) / cuts)
    wanted, given = (np.array(part, dtype=bool).reshape(len(places), len(labels)) for part in (true, said))
    return Several(file, labels, wanted, given, sure, cuts, np.array(places, dtype=np.int64))


def _cuts(run: Run, labels: Sequence[str]) -> Numbers:
    """[classes] the thresholds that were chosen for the model; one half where none was."""
    found = (modelfolder.chosen(run.model) or {}).get("thresholds", {})
    return np.array([float(found.get(label, 0.5)) for label in labels])


def _scores(file: Path, shape: tuple[int, int]) -> Numbers:
    """The probabilities of all classes [n, classes]."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        logits = load(file.read_bytes())["logits"].astype(np.float64).reshape(shape)
    except SafetensorError as error:
        raise ValueError("damaged") from error
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))
