"""Flipped labels are found by layers that have not seen them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.training import suspects
from tests import tiny


def _clusters(rows: int, classes: int, flipped: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features around a centre for each class, labels of which some are flipped, and which those are."""
    random = np.random.default_rng(0)
    true = np.arange(rows) % classes
    features = (random.normal(size=(classes, 16))[true] * 3 + random.normal(size=(rows, 16))).astype(np.float32)
    wrong = np.zeros(rows, dtype=bool)
    wrong[random.choice(rows, int(flipped * rows), replace=False)] = True
    return features, np.where(wrong, (true + 1 + random.integers(0, classes - 1, rows)) % classes, true), wrong


def test_flipped_labels_come_first_and_their_classes_are_suggested() -> None:
    features, given, wrong = _clusters(600, 5, 0.05)
    judged = suspects.judge(features, given, 5, seed=0)
    first = judged.order()[: wrong.sum()]
    assert wrong[first].mean() > 0.9
    assert (judged.suggested[wrong] == (np.arange(600) % 5)[wrong]).mean() > 0.9
    assert judged.suspected[wrong].mean() > 0.8
    assert judged.suspected[~wrong].mean() < 0.02


def test_where_nothing_is_wrong_hardly_anything_is_suspected() -> None:
    features, given, _ = _clusters(600, 5, 0.0)
    assert suspects.judge(features, given, 5, seed=0).suspected.mean() < 0.01


def test_a_class_with_a_single_row_is_judged_too() -> None:
    features, given, _ = _clusters(200, 4, 0.0)
    judged = suspects.judge(features, np.append(given[:-1], 4), 5, seed=0)
    assert np.isfinite(judged.own).all()
    assert sorted(judged.order().tolist()) == list(range(200))


def test_every_fold_has_rows_of_every_class() -> None:
    targets = np.repeat(np.arange(3), [50, 10, 5])
    folds = suspects._folds(targets, seed=1)
    assert all(set(targets[folds == fold]) == {0, 1, 2} for fold in range(suspects.FOLDS))


def test_the_rows_of_a_run_s_dataset_are_judged_over_all_splits(tmp_path: Path) -> None:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    run = tiny.new_run(tmp_path, "text_classification", "head", network)
    found = suspects.find(run)
    assert found["rows"] == len(found["suspects"]) == len({one["row"] for one in found["suspects"]})
    assert {one["label"] for one in found["suspects"]} <= set(run.spec().labels)
    assert found["suspected"] == sum(one["suspected"] for one in found["suspects"])


def test_of_many_rows_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert suspects._chosen(10, 20, 0).tolist() == list(range(10))
    some = suspects._chosen(1000, 20, 0)
    assert len(set(some.tolist())) == 20
    assert (np.diff(some) > 0).all()
