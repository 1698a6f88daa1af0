"""Normalisation frozen, tuned or with new statistics: what changes, and what a reloaded model says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.plan import unfold
from studio.training import build, norms
from tests import tiny
from tests.test_every_combination import _same_as_plain_libraries


def normalisation(model: Any) -> dict[str, torch.Tensor]:
    """Statistics and weights by their plain names."""
    found = {name.replace("base_model.model.", ""): tensor for name, tensor in model.state_dict().items()}
    found = {name.replace("modules_to_save.default.", ""): tensor for name, tensor in found.items()}
    return {n: t for n, t in found.items() if "normalization" in n and "original" not in n and "tracked" not in n}


@pytest.mark.parametrize(("method", "choice"), [("full", "frozen"), ("lora", "re-estimated"), ("lora", "frozen")])
def test_what_is_held_stays_and_a_reloaded_model_says_the_same(method: str, choice: str, tmp_path: Path) -> None:
    tiny.tiny_resnet(tmp_path / "network")
    changes = {"batch_norm": choice, "learning_rate": 0.1}
    run = tiny.new_run(tmp_path, "image_classification", method, tmp_path / "network", **changes)
    plan = unfold(run.spec())
    before = normalisation(build.load_start(run, plan).model)
    assert tiny.run_in_process(run)["status"] == "finished"
    after = normalisation(build.load_trained(run, plan).model)
    assert set(after) == set(before)
    for name, tensor in before.items():
        moved = "running" in name and choice == "re-estimated"
        assert torch.equal(tensor, after[name]) is not moved, name
    _same_as_plain_libraries(run, tmp_path / "network")


@pytest.mark.parametrize("choice", ["tuned", "frozen"])
def test_training_begins_with_statistics_of_its_images_unless_they_are_to_stay(choice: str, tmp_path: Path) -> None:
    tiny.tiny_resnet(tmp_path / "network")
    weights = tmp_path / "network" / "model.safetensors"
    stored = load_file(weights)
    far_off = {name: torch.full_like(t, 1000.0) for name, t in stored.items() if name.endswith("running_mean")}
    save_file(stored | far_off, weights, {"format": "pt"})
    run = tiny.new_run(tmp_path, "image_classification", "full", tmp_path / "network", batch_norm=choice, max_steps=1)
    assert tiny.run_in_process(run)["status"] == "finished"
    after = normalisation(build.load_trained(run, unfold(run.spec())).model)
    means = torch.cat([tensor for name, tensor in after.items() if name.endswith("running_mean")])
    assert bool((means.abs() < 100).all()) is (choice == "tuned")


@pytest.mark.parametrize(("rows", "budget"), [(1, 64), (24, 1)])
def test_statistics_are_never_taken_of_one_image(rows: int, budget: int, tmp_path: Path) -> None:
    tiny.tiny_resnet(tmp_path / "network")
    run = tiny.new_run(tmp_path, "image_classification", "full", tmp_path / "network", batch_norm="re-estimated")
    setup, seen = build.build(run, unfold(run.spec())), list[int]()
    setup.network.register_forward_pre_hook(
        lambda module, given, named: seen.append(len(named["pixel_values"])), with_kwargs=True
    )
    train = setup.encoded["train"].take(np.arange(rows))
    norms.take_anew(replace(setup, token_budget=budget, encoded=setup.encoded | {"train": train}))
    assert sum(seen) == (rows if rows > 1 else 0)
    assert 1 not in seen


def test_statistics_taken_anew_are_those_of_the_rows(tmp_path: Path) -> None:
    tiny.tiny_resnet(tmp_path / "network")
    run = tiny.new_run(tmp_path, "image_classification", "full", tmp_path / "network", batch_norm="re-estimated")
    setup = build.build(run, unfold(run.spec()))
    norms.take_anew(setup)
    first = next(norms._layers(setup.network))
    read: list[torch.Tensor] = []
    first.register_forward_pre_hook(lambda module, given: read.append(given[0]))
    rows = setup.encoded["train"]
    with torch.no_grad():
        setup.network.eval()(**setup.collate(rows, torch.arange(len(rows)).numpy()).inputs)
    assert torch.allclose(first.running_mean, read[0].mean(dim=(0, 2, 3)), atol=1e-4)
    assert torch.allclose(first.running_var, read[0].var(dim=(0, 2, 3)), rtol=1e-2)
