"""Bottleneck adapters: what they add at first and after training, and that a plain network says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.contracts import LoadRequest
from studio.families import FAMILIES
from studio.methods import adapter
from studio.tuning import Parts
from tests import tiny

IDS = torch.arange(5, 15).view(2, 5)
WIDTH = 3


@pytest.mark.parametrize("architecture", ["bert", "distilbert", "deberta-v2", "modernbert"])
def test_it_begins_as_the_network_and_a_plain_one_can_say_what_it_has_learned(
    architecture: str, tmp_path: Path
) -> None:
    tiny.tiny_bert(tmp_path / "start", architecture)
    entry = FAMILIES["bert"]
    request = LoadRequest(tmp_path / "start", "", entry.heads[0], ("a", "b"), 1)
    loaded = entry.load(request)
    network = loaded.model.eval()
    parts = Parts((), entry.anchors(network), entry.spine(network), 10, entry.heads[0])
    with torch.inference_mode():
        before = network(input_ids=IDS).logits
    model = adapter.wrap(network, parts, adapter.AdapterOptions(width=WIDTH))
    new = {name for name, _ in model.named_parameters() if ".more." in name}
    assert {name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad and name not in new} <= {
        *parts.anchors.keep
    }
    assert all(model.get_parameter(name).requires_grad for name in new)
    assert (_said(model) - before).abs().max() < 1e-5
    with torch.no_grad():
        for name in new:
            model.get_parameter(name).add_(torch.randn(model.get_parameter(name).shape) * 0.5)
    beside = _said(model)
    assert (beside - before).abs().max() > 1e-3
    adapter.merge(model).save_pretrained(tmp_path / "plain")
    loaded.processor.save_pretrained(tmp_path / "plain")
    plain = entry.load(LoadRequest(tmp_path / "plain", "", entry.heads[0], ("a", "b"), 2)).model.eval()
    assert not [name for name, _ in plain.named_parameters() if ".more." in name]
    assert (_said(plain) - beside).abs().max() < 1e-4


def _said(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=IDS).logits
        return found
