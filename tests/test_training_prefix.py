"""Frozen lower blocks are asked once: what is above them says and learns what the whole network would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from studio.arrays import Ragged
from studio.contracts import LoadRequest
from studio.families import FAMILIES
from studio.methods import METHODS, last_layers
from studio.plan import unfold
from studio.training import attention, build, evaluate, features, prefix
from studio.tuning import Parts
from tests import tiny

IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 6, 3, 0, 0], [2, 7, 7, 3, 0]])


def frozen(folder: Path, family: str, model_type: str) -> Any:
    """A tiny network of which the last block is trained."""
    entry = FAMILIES[family]
    if family == model_type:
        tiny.NETWORKS[family].make(folder)
    else:
        tiny.tiny_bert(folder, model_type)
    network = entry.load(LoadRequest(folder, "", entry.heads[0], ("a", "b"), 1, image_size=tiny.SIZE)).model
    parts = Parts((), entry.anchors(network), entry.spine(network), 10, entry.heads[0])
    return last_layers.wrap(network, parts, last_layers.LastLayersOptions(layers=1))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("family", "model_type"),
    [("bert", name) for name in ("bert", "distilbert", "electra", "deberta-v2", "modernbert")] + [("resnet", "resnet")],
)
def test_what_is_above_answers_and_learns_as_the_whole(
    family: str, model_type: str, packed: bool, tmp_path: Path
) -> None:
    network = frozen(tmp_path, family, model_type).eval()
    if packed and not attention.adopt(network):
        return
    spine = FAMILIES[family].spine(network)
    count = prefix.frozen_blocks(network, spine)
    assert count == len(spine.blocks) - 1 == 1
    rest = {"attention_mask": (IDS != 0).long()} if family == "bert" else {}
    whole = {"input_ids": IDS} if family == "bert" else {"pixel_values": torch.randn(2, 3, tiny.SIZE, tiny.SIZE)}
    expected = network(**whole, **rest).logits
    expected.square().sum().backward()
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    gradients = {name: p.grad.clone() for name, p in trained.items() if p.grad is not None}
    network.zero_grad()
    with torch.no_grad():
        below = prefix.Below(network, spine.blocks[count])(**whole, **rest).logits
    above = prefix.Above(network, spine, count).eval()
    for inputs in ({"below": below}, whole):
        found = above(**inputs, **rest).logits
        assert torch.allclose(found, expected, atol=1e-5)
    found.square().sum().backward()
    assert {id(p) for p in above.parameters() if p.requires_grad} == {id(p) for p in trained.values()}
    for name, gradient in gradients.items():
        assert torch.allclose(trained[name].grad, gradient, atol=1e-4), name


@pytest.mark.parametrize("task", ["token_classification", "image_classification"])
def test_in_memory_on_disk_or_asked_anew_it_learns_the_same(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.NETWORKS[tiny.family_of(task).name].make(tmp_path / "network")
    found = []
    for place in (prefix.Kept(10**9, None), prefix.Kept(0, tmp_path), prefix.Kept(0, None)):
        monkeypatch.setattr(prefix, "kept_in", lambda folder, place=place: place)
        monkeypatch.setattr(prefix, "SPARED", 0)
        run = tiny.new_run(tmp_path, task, "last_layers", tmp_path / "network", layers=1)
        record = tiny.run_in_process(run)
        crowded = place == prefix.Kept(0, None)
        assert [w["code"] for w in record["warnings"]] == (["not_kept"] if crowded else [])
        found.append(load_file(run.predictions / "test.safetensors")["logits"])
    assert np.array_equal(found[0], found[1])
    assert np.allclose(found[0], found[2], atol=1e-5)


def test_in_bfloat16_large_values_are_kept_in_half_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "last_layers", tmp_path / "network", layers=1)
    small = prefix.Below.forward
    monkeypatch.setattr(prefix.Below, "forward", lambda *_, **given: features.Logits(1e6 * small(*_, **given).logits))
    setup = build.build(run, unfold(run.spec()))
    setup = build.tune(replace(setup, device=replace(setup.device, precision="bf16")), None)
    rows, kept = np.arange(4), setup.encoded["train"].inputs[prefix.INPUT]
    assert isinstance(kept, Ragged)
    assert kept.values.itemsize == 2
    read = setup.collate(setup.encoded["train"], rows).inputs
    assert torch.isfinite(read[prefix.INPUT]).all()
    assert read[prefix.INPUT].abs().max() > 65_504
    with torch.inference_mode(), evaluate.autocast(setup.device):
        inputs = {name: value for name, value in read.items() if name != prefix.INPUT}
        anew = setup.model.below[0].eval()(**inputs).logits.float()
    there = read["attention_mask"].bool()
    assert torch.allclose(read[prefix.INPUT][there], anew[there], rtol=0.01)


def test_an_epoch_asks_only_what_is_above(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "last_layers", tmp_path / "network", layers=1)
    setup = build.tune(build.build(run, unfold(run.spec())), None, scratch=run.folder)
    asked: list[int] = []
    for block in FAMILIES["bert"].spine(setup.network).blocks:
        layer = setup.network.get_submodule(block)
        layer.register_forward_hook(lambda module, given, result: asked.append(1))
    batch = setup.collate(setup.encoded["train"], np.arange(4))
    assert setup.model(**batch.inputs).logits.shape == (4, len(tiny.LABELS))
    assert len(asked) == 1


def test_nothing_is_cut_where_all_blocks_are_trained(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "last_layers", tmp_path / "network", layers=9)
    setup = build.tune(build.build(run, unfold(run.spec())), None)
    assert setup.model is setup.network
    assert not setup.network.get_input_embeddings().weight.requires_grad
    assert METHODS["last_layers"].trains_network


def test_normalisation_that_is_held_stays_held_where_nothing_could_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.NETWORKS["resnet"].make(tmp_path / "network")
    network, changes = tmp_path / "network", {"batch_norm": "frozen", "layers": 1}
    run = tiny.new_run(tmp_path, "image_classification", "last_layers", network, **changes)
    monkeypatch.setattr(prefix, "computed", lambda *_: None)  # what several devices, or no room, come to
    tuned = build.tune(build.build(run, unfold(run.spec())), None, None, tmp_path)
    tuned.model.train()
    held = [layer for layer in tuned.model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    before = [layer.running_mean.clone() for layer in held if layer.running_mean is not None]
    assert before
    tuned.model(**tuned.collate(tuned.encoded["train"], np.arange(8)).inputs)
    assert not any(layer.training for layer in held)
    assert all(torch.equal(layer.running_mean, mean) for layer, mean in zip(held, before, strict=True))  # type: ignore[arg-type]
