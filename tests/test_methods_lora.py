"""LoRA's options: DoRA, rank-stabilised scaling and LoRA+ rates, and what merging makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.contracts import LoadRequest
from studio.families import FAMILIES
from studio.methods import lora
from studio.plan import unfold
from studio.tuning import Parts
from tests import tiny


def adapted(folder: Path, family: str, options: lora.LoraOptions) -> Any:
    """A tiny network with adapters whose weights are no longer those of the start."""
    entry = FAMILIES[family]
    tiny.NETWORKS[family].make(folder)
    network = entry.load(LoadRequest(folder, "", entry.heads[0], ("a", "b"), 1, image_size=tiny.SIZE)).model
    parts = Parts((), entry.anchors(network), entry.spine(network), 10, entry.heads[0])
    model = lora.wrap(network, parts, options)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and "lora_" in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model.eval()


@pytest.mark.parametrize(("family", "dora"), [("bert", True), ("resnet", True), ("resnet", False)])
def test_merged_it_says_the_same_as_beside_the_weights(family: str, dora: bool, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = adapted(tmp_path, family, lora.LoraOptions(dora=dora, rank_stabilised=True, targets="all", rank=4))
    assert any("lora_magnitude_vector" in name for name, _ in model.named_parameters()) is dora
    text = {"input_ids": torch.arange(5, 15).view(2, 5)}
    inputs = {"pixel_values": torch.randn(2, 3, tiny.SIZE, tiny.SIZE)} if family == "resnet" else text
    with torch.inference_mode():
        beside = model(**inputs).logits
        plain = model.get_base_model()
        with model.disable_adapter():
            assert (plain(**inputs).logits - beside).abs().max() > 1e-3
        merged = lora.merge(model)(**inputs).logits
    assert (merged - beside).abs().max() < 1e-4


def test_wide_adapters_are_scaled_by_the_root_of_their_width(tmp_path: Path) -> None:
    model = adapted(tmp_path, "bert", lora.LoraOptions(rank=16, alpha=8, rank_stabilised=True))
    layers = [module for name, module in model.named_modules() if name.endswith("query")]
    scalings = {layer.scaling["default"] for layer in layers}
    assert scalings == {2.0}


def test_the_second_matrix_learns_at_a_multiple_of_the_rate(tmp_path: Path) -> None:
    from studio.training import build, optimizers

    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "lora", tmp_path / "network", rate_ratio=4, learning_rate=0.01)

    setup = build.tune(build.build(run, unfold(run.spec())), None)
    rates: dict[str, float] = {}
    names = {id(parameter): name for name, parameter in setup.model.named_parameters()}
    for group in optimizers.build(setup).param_groups:
        rates[group["name"]] = group["peak"]
        second = ["lora_B" in names[id(parameter)] for parameter in group["params"]]
        assert set(second) == {group["name"] == "network_lora_B"}
    assert rates == {"network": 0.01, "network_lora_B": 0.04, "head": setup.plan.training.head_learning_rate}
