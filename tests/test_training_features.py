"""The frozen network's features, the layers fitted to them, and which of these training begins with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from studio.arrays import Array, Encoded
from studio.plan import unfold
from studio.tasks import TASKS
from studio.training import build, features, warming
from studio.training.setup import Setup
from tests import tiny

WIDTH, CLASSES = 8, 3
NAMES = ("a", "b", "c")
TASK = TASKS["text_classification"]


def examples(rows: int, seed: int, spread: float = 1.0, noise: float = 0.0) -> Encoded:
    """Three classes around three corners; the last feature is all but constant and tells the class all the same.
    `noise` is what training would add to every feature."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, CLASSES, rows)
    values: Array = 4.0 * np.eye(CLASSES, WIDTH)[targets] + spread * random.normal(size=(rows, WIDTH))
    values[:, -1] = 1.0 + 1e-6 * targets
    values += noise * np.random.default_rng(seed + 1).normal(size=values.shape)
    return Encoded({features.NAME: values.astype(np.float32)}, targets, np.ones(rows, dtype=np.int64))


def rows(encoded: Encoded) -> Array:
    """Features, [n, width]."""
    found = encoded.inputs[features.NAME]
    assert isinstance(found, np.ndarray)
    return found


def value(layer: nn.Linear, encoded: Encoded) -> float:
    return features._value(layer, encoded, TASK, NAMES)


def test_a_layer_for_every_strength_and_the_best_of_them_separates_what_can_be_separated() -> None:
    train, valid = examples(300, 0), examples(100, 1)
    layers = features.fits(train, CLASSES, None)
    assert len(layers) == len(features.STRENGTHS)
    pulls = [float(layer.weight.square().sum()) for layer in layers]
    assert pulls == sorted(pulls)  # a weaker pull leaves larger weights
    chosen = features.best(layers, valid, TASK, NAMES)
    assert value(chosen, valid) == max(value(layer, valid) for layer in layers) > 0.95


def test_what_hardly_varies_gets_no_large_weight() -> None:
    for layer in features.fits(examples(300, 0), CLASSES, None):
        assert float(layer.weight[:, -1].abs().max()) < 10


def test_class_weights_move_the_layer_to_what_is_rare() -> None:
    train = examples(300, 0, spread=4.0)
    plain = features.fits(train, CLASSES, None)[2]
    towards = features.fits(train, CLASSES, torch.tensor([10.0, 0.1, 0.1]))[2]
    guesses = [
        int((layer(torch.from_numpy(train.inputs[features.NAME])).argmax(1) == 0).sum()) for layer in (plain, towards)
    ]
    assert guesses[1] > 1.3 * guesses[0]


def test_training_begins_with_the_layer_that_stands_its_noise() -> None:
    train = examples(40, 0, spread=1.5)
    layers = features.fits(train, CLASSES, None)
    at_rest = features.steadiest(layers, train, train, TASK)
    shaken = features.steadiest(layers, examples(300, 5, spread=1.5, noise=1.0), train, TASK)
    assert at_rest is not None
    assert shaken is not None
    assert layers.index(shaken) < layers.index(at_rest)  # a stronger pull


def test_a_layer_that_is_no_better_than_guessing_is_not_begun_with() -> None:
    train = examples(300, 0)
    hopeless = examples(300, 5)
    rows(hopeless)[:] = np.random.default_rng(0).normal(size=(300, WIDTH))
    assert features.steadiest(features.fits(train, CLASSES, None), hopeless, train, TASK) is None


@pytest.fixture(scope="module")
def setups(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Setup]:
    made = {}
    for task, changes in (("text_classification", {"dropout": 0.5}), ("image_classification", {})):
        folder: Path = tmp_path_factory.mktemp(task)
        tiny.NETWORKS[tiny.family_of(task).name].make(folder / "network")
        run = tiny.new_run(folder, task, "full", folder / "network", warm_head=True, **changes)
        made[task] = build.build(run, unfold(run.spec()))
    return made


def test_noisy_features_differ_by_dropout_alone_and_are_the_same_again(setups: dict[str, Setup]) -> None:
    setup = setups["text_classification"]
    at_rest = rows(features.compute(setup, setup.encoded["valid"]))
    first, second = (rows(features.noisy(setup)) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == at_rest.shape
    assert float(np.abs(first - at_rest).mean()) > 0.01
    assert np.array_equal(rows(features.compute(setup, setup.encoded["valid"])), at_rest)


def test_a_look_under_noise_leaves_statistics_of_normalisation_alone(setups: dict[str, Setup]) -> None:
    setup = setups["image_classification"]
    before = {name: buffer.clone() for name, buffer in setup.network.named_buffers()}
    assert before
    at_rest = rows(features.compute(setup, setup.encoded["valid"]))
    assert np.array_equal(rows(features.noisy(setup)), at_rest)  # this network drops nothing
    for name, buffer in setup.network.named_buffers():
        assert torch.equal(buffer, before[name]), name


def test_the_head_is_fitted_and_training_gets_a_start_of_its_own(setups: dict[str, Setup]) -> None:
    setup = setups["text_classification"]
    cached, start = warming.warm(setup)
    layer = setup.plan.family.classifier(setup.network)
    assert set(cached) == {"train", "valid", "test"}
    assert set(start) == set(layer.state_dict())
    assert start["weight"].shape == layer.weight.shape
    assert value(layer, cached["valid"]) == max(
        value(one, cached["valid"]) for one in features.fits(cached["train"], len(setup.labels), None)
    )
