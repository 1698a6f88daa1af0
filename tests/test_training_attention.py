"""Attention as matrix products gives what torch's kernel gives, and learns the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from studio.training import attention
from tests import tiny


class Plain(torch.nn.Module):
    """What attention functions ask of the module that calls them."""

    is_causal = False


def shares(length: int, mask: torch.Tensor | None, **more: Any) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The answer for random texts, and the gradients of its sum."""
    random = torch.Generator().manual_seed(0)
    given = [torch.randn(2, 3, length, 8, generator=random, requires_grad=True) for _ in range(3)]
    query, key, value = given
    answer, nothing = attention.attend(Plain(), query, key, value, mask, **more)
    assert nothing is None
    total: Any = (answer * torch.arange(8.0)).sum()
    total.backward()
    return answer.detach(), [one.grad for one in given if one.grad is not None]


def padding(length: int) -> torch.Tensor:
    """The second text is two tokens shorter than the first."""
    seen = torch.ones(2, 1, length, length, dtype=torch.bool)
    seen[1, ..., -2:] = False
    return seen


@pytest.mark.parametrize("kind", ["none", "true where seen", "added"])
@pytest.mark.parametrize("scaling", [None, 0.1])
def test_it_is_what_the_kernel_gives(monkeypatch: pytest.MonkeyPatch, kind: str, scaling: float | None) -> None:
    seen = padding(6)
    masks = {"none": None, "true where seen": seen, "added": torch.zeros(seen.shape).masked_fill(~seen, -1e30)}
    ours, gradients = shares(6, masks[kind], scaling=scaling)
    monkeypatch.setattr(attention, "LONG", 0)
    kernel, expected = shares(6, masks[kind], scaling=scaling)
    assert torch.allclose(ours, kernel, atol=1e-6)
    assert len(gradients) == 3
    for mine, theirs in zip(gradients, expected, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_dropout_is_that_of_training() -> None:
    torch.manual_seed(1)
    dropped, _ = shares(6, None, dropout=0.5)
    plain, _ = shares(6, None)
    assert float((dropped - plain).abs().mean()) > 0.05


@pytest.mark.parametrize("architecture", ["bert", "roberta", "distilbert", "electra", "modernbert", "deberta-v2"])
def test_a_network_says_the_same_with_it(tmp_path: Path, architecture: str) -> None:
    tiny.tiny_bert(tmp_path, architecture)
    auto: Any = transformers.AutoModelForSequenceClassification
    network = auto.from_pretrained(tmp_path, num_labels=3).eval()
    ids = torch.tensor([[2, 5, 6, 7, 3], [2, 6, 3, 0, 0]])
    mask = (ids != 0).long()
    with torch.inference_mode():
        before = network(input_ids=ids, attention_mask=mask).logits
        attention.adopt(network)
        after = network(input_ids=ids, attention_mask=mask).logits
    chosen = network.config._attn_implementation
    assert chosen == ("eager" if architecture == "deberta-v2" else attention.NAME)
    assert torch.allclose(before, after, atol=1e-6)
    network.save_pretrained(tmp_path / "saved")
    assert attention.NAME not in (tmp_path / "saved" / "config.json").read_text()
