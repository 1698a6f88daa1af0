"""The final layer for numbers: plain once it is saved, whatever the unit; and its best start on features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.contracts import Head, LoadRequest, Scale, Source, SourceKind
from studio.families import FAMILIES
from studio.training import ridge, scaled
from tests import tiny

SCALE = Scale(900.0, 50.0)
FAMILY = FAMILIES["bert"]


def network(folder: Path) -> Any:
    tiny.tiny_bert(folder)
    return loaded(folder)


def loaded(folder: Path) -> Any:
    return FAMILY.load(LoadRequest(folder, "", Head.SEQUENCE_CLASSIFICATION, (), 0)).model.eval().requires_grad_(False)


def test_a_scaled_layer_gives_numbers_and_is_saved_as_a_plain_one(tmp_path: Path) -> None:
    model, ids = network(tmp_path / "start"), {"input_ids": torch.tensor([[2, 5, 6, 3]])}
    assert (model.config.num_labels, model.config.problem_type) == (1, "regression")
    raw = float(model(**ids).logits)
    scaled.adopt(model, FAMILY, SCALE, stored=False)
    model.requires_grad_(False)
    assert FAMILY.classifier(model).deviation == 50.0
    said = float(model(**ids).logits)
    assert np.isclose(said, 900 + 50 * raw, rtol=1e-5)
    before = FAMILY.classifier(model).weight.clone()
    with scaled.plain([model, model]):
        model.save_pretrained(tmp_path / "saved")
    assert torch.equal(FAMILY.classifier(model).weight, before)
    again = loaded(tmp_path / "saved")
    assert np.isclose(float(again(**ids).logits), said, rtol=1e-5)
    scaled.adopt(again, FAMILY, Scale(-3.0, 0.5), stored=True)  # a run that goes on from it, on other numbers
    again.requires_grad_(False)
    assert np.isclose(float(again(**ids).logits), said, rtol=1e-4)


def test_only_a_run_that_gave_numbers_has_a_layer_in_their_unit(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    for task, wanted in (
        ("text_regression", True),
        ("masked_language_modeling", False),
        ("text_classification", False),
    ):
        earlier = tiny.new_run(tmp_path, task, "full", tmp_path / "network")
        start = replace(tiny.checkpoint(tmp_path / "network"), source=Source(SourceKind.RUN, earlier.id))
        run = tiny.new_run(tmp_path, "text_pair_regression", "full", start)
        assert scaled.gave_numbers(run, run.spec()) is wanted


def test_without_a_scale_nothing_changes(tmp_path: Path) -> None:
    model = network(tmp_path / "start")
    scaled.adopt(model, FAMILY, None, stored=False)
    assert type(FAMILY.classifier(model)) is nn.Linear


def test_ridge_finds_what_is_there_and_agrees_with_the_closed_form() -> None:
    random = torch.Generator().manual_seed(0)
    features = torch.randn(400, 12, generator=random) * torch.linspace(1, 3, 12) + 5
    true = torch.linspace(-1, 1, 12)
    targets = 900 + 40 * (features @ true) + torch.randn(400, generator=random)
    scale = Scale(float(targets.mean()), float(targets.std()))
    *_, strongest = layers = ridge.fits(features, targets, scale)
    errors = [float((layer(features)[:, 0] - targets).square().mean().sqrt()) for layer in layers]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 2
    x = features.double()
    standard = (x - x.mean(0)) / x.std(0, correction=0)
    wanted = (targets.double() - scale.mean) / scale.deviation
    inverse = torch.linalg.inv(standard.T @ standard / 400 + ridge.STRENGTHS[-1] * torch.eye(12, dtype=torch.float64))
    weight = inverse @ (standard.T @ wanted / 400) / x.std(0, correction=0)
    assert torch.allclose(strongest.weight[0].double(), weight, atol=1e-5)
