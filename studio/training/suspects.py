"""Rows whose label is probably wrong: `python -m studio.training.suspects <folder>` writes `suspects.json` there.

The frozen network's features of all rows are computed once. A linear layer is fitted to four fifths of them and judges
the last fifth, five times over, so that every row is judged by a layer that has not seen its label. A row is suspected
where another class is at least as probable as it usually is for rows of its own (confident learning, Northcutt et al.
2021, arXiv:1911.00068).
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio import processes
from studio.arrays import Encoded, Integers
from studio.data import store
from studio.plan import unfold
from studio.runs.store import Run
from studio.training import build, features
from studio.training.answer import answer

FOLDS = 5
MOST_ROWS = 20_000  # looked at; more would take as long as training on them
MOST_NUMBERS = 40_000_000  # probabilities held at once: rows times classes
MOST_LISTED = 2_000
_FLOOR = 1e-4  # probabilities below this are all the same


@dataclass(frozen=True)
class Judgement:
    """What rows look like to layers that have not seen their labels. All arrays are [n].

    `own` is the probability of the row's label, `other` the largest of all other classes, `suggested` that class;
    `suspected` says that it is a confident disagreement.
    """

    own: NDArray[np.float32]
    other: NDArray[np.float32]
    suggested: Integers
    suspected: NDArray[np.bool_]

    def order(self) -> Integers:
        """Places of all rows, those that are most probably wrong first: by how many times more probable another class
        is. That ranks better than the difference of the two (docs/checkup.md has the measurement)."""
        return np.argsort((self.own + _FLOOR) / (self.other + _FLOOR), kind="stable").astype(np.int64)


def main(arguments: list[str]) -> int:
    return answer(Path(arguments[0]), "suspects", find)


def find(run: Run) -> dict[str, Any]:
    """The suspected rows of the run's dataset, the most suspicious first, with labels by their names.

    `row` counts from 0 over train, valid and test; `index` within the split.
    """
    began = time.monotonic()
    plan = unfold(run.spec())
    setup = build.build(run, plan)
    most = min(MOST_ROWS, MOST_NUMBERS // len(setup.labels))
    places = _chosen(sum(len(encoded) for encoded in setup.encoded.values()), most, plan.training.seed)
    inputs, targets, start = [], [], 0
    for split in store.SPLITS:
        encoded = setup.encoded[split]
        own = places[(places >= start) & (places < start + len(encoded))] - start
        computed = features.compute(setup, encoded.take(own))
        inputs.append(np.asarray(computed.inputs[features.NAME]))
        targets.append(np.asarray(computed.targets))
        start += len(encoded)
    judged = judge(np.concatenate(inputs), np.concatenate(targets), len(setup.labels), plan.training.seed)
    return {
        "model": plan.spec.source.location,
        "rows": len(places),
        "suspected": int(judged.suspected.sum()),
        "suspects": _listed(judged, places, np.concatenate(targets), setup.labels),
        "seconds": round(time.monotonic() - began, 1),
    }


def _chosen(rows: int, most: int, seed: int) -> Integers:
    """Places of the rows that are looked at: all of them, or as many as there is time for."""
    if rows <= most:
        return np.arange(rows, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False)).astype(np.int64)


def _listed(judged: Judgement, places: Integers, targets: Integers, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "row": int(places[one]),
            "label": labels[int(targets[one])],
            "suggested": labels[int(judged.suggested[one])],
            "own": round(float(judged.own[one]), 4),
            "other": round(float(judged.other[one]), 4),
            "suspected": bool(judged.suspected[one]),
        }
        for one in judged.order()[:MOST_LISTED].tolist()
    ]


def judge(inputs: NDArray[np.float32], targets: Integers, classes: int, seed: int) -> Judgement:
    """Judge each row of features [n, width] by a layer fitted to the folds that it is not in."""
    folds = _folds(targets, seed)
    rows = Encoded({features.NAME: inputs}, targets, np.ones(len(targets), dtype=np.int64))
    strength = _strength(rows, folds, classes)
    logits: list[torch.Tensor] = []
    members = [np.flatnonzero(folds == fold) for fold in range(FOLDS)]
    own = np.zeros(len(targets), dtype=np.float32)
    for fold, inside in enumerate(members):
        layer = features.fits(rows.take(np.flatnonzero(folds != fold)), classes, None, (strength,))[0]
        with torch.no_grad():
            logits.append(functional.log_softmax(layer(torch.from_numpy(inputs[inside])), dim=1))
        own[inside] = logits[-1].exp().numpy()[np.arange(len(inside)), targets[inside]]
    counts = np.bincount(targets, minlength=classes)
    usual = np.bincount(targets, weights=own, minlength=classes) / np.maximum(1, counts)
    usual[counts == 0] = np.inf  # nothing is known of such a class
    other, suggested = np.zeros_like(own), np.zeros(len(targets), dtype=np.int64)
    suspected = np.zeros(len(targets), dtype=bool)
    for inside, told in zip(members, logits, strict=True):
        chances = told.exp().numpy()
        sure = np.where(chances >= usual, chances, -1.0)
        sure[np.arange(len(inside)), targets[inside]] = np.where(
            own[inside] >= usual[targets[inside]], own[inside], -1.0
        )
        chances[np.arange(len(inside)), targets[inside]] = -1.0
        suggested[inside], other[inside] = chances.argmax(axis=1), chances.max(axis=1)
        best = sure.argmax(axis=1)
        suspected[inside] = (sure.max(axis=1) >= 0) & (best != targets[inside])
        suggested[inside] = np.where(suspected[inside], best, suggested[inside])
    return Judgement(own, other, suggested, suspected)


def _folds(targets: Integers, seed: int) -> Integers:
    """[n] the fold of each row; each class is spread evenly over them."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(targets))
    order = shuffled[np.argsort(targets[shuffled], kind="stable")]
    folds = np.empty(len(targets), dtype=np.int64)
    folds[order] = np.arange(len(targets)) % FOLDS
    return folds


def _strength(rows: Encoded, folds: Integers, classes: int) -> float:
    """The strength of L2 with the lowest loss on the first fold."""
    held, wanted = rows.take(np.flatnonzero(folds == 0)), np.flatnonzero(folds == 0)
    layers = features.fits(rows.take(np.flatnonzero(folds != 0)), classes, None)
    targets = torch.from_numpy(np.asarray(rows.targets)[wanted])
    seen = torch.from_numpy(np.asarray(held.inputs[features.NAME]))
    losses = [float(functional.cross_entropy(layer(seen), targets)) for layer in layers]
    return features.STRENGTHS[losses.index(min(losses))]


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
