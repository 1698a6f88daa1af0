"""A network that works on tokens without padding says and learns what it did with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from studio.training import attention, packing
from tests import tiny

PACKED = ("bert", "roberta", "distilbert", "electra")
IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 6, 3, 0, 0], [2, 7, 7, 3, 0]])


def network(folder: Path, architecture: str, head: str = "SequenceClassification") -> Any:
    tiny.tiny_bert(folder, architecture)
    auto: Any = getattr(transformers, f"AutoModelFor{head}")
    return auto.from_pretrained(folder, num_labels=3).eval()


def answered(model: Any, mask: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The logits, and the gradients of a sum of those at true tokens."""
    model.zero_grad()
    logits: Any = model(input_ids=IDS, attention_mask=mask).logits
    weights = mask[..., None].expand(logits.shape) if logits.ndim == 3 else torch.ones_like(logits)
    (logits * weights * torch.arange(1.0, 4.0)).sum().backward()
    return logits.detach(), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("architecture", PACKED)
@pytest.mark.parametrize("head", ["SequenceClassification", "TokenClassification"])
@pytest.mark.parametrize("long", [attention.LONG, 0], ids=["products", "kernel"])
def test_logits_and_gradients_are_those_with_padding(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, architecture: str, head: str, long: int
) -> None:
    monkeypatch.setattr(attention, "LONG", long)
    model, mask = network(tmp_path, architecture, head), (IDS != 0).long()
    before, gradients = answered(model, mask)
    assert attention.adopt(model)
    after, packed = answered(model, mask)
    there = mask.bool() if before.ndim == 3 else slice(None)
    assert before.shape == after.shape
    assert torch.allclose(before[there], after[there], atol=1e-6)
    assert set(gradients) == set(packed)
    for name, expected in gradients.items():
        assert torch.allclose(expected, packed[name], atol=1e-4), name


@pytest.mark.parametrize("architecture", ["modernbert", "deberta-v2"])
def test_networks_that_look_at_places_are_left_alone(tmp_path: Path, architecture: str) -> None:
    assert not attention.adopt(network(tmp_path, architecture))


def test_layers_see_packed_rows_unless_nothing_is_padded(tmp_path: Path) -> None:
    model, seen = network(tmp_path, "bert"), []
    attention.adopt(model)
    model.bert.encoder.layer[0].register_forward_pre_hook(lambda module, given: seen.append(given[0].shape[:2]))
    model(input_ids=IDS, attention_mask=(IDS != 0).long())
    model(input_ids=IDS, attention_mask=torch.ones_like(IDS))  # nothing is padded, so nothing is packed
    assert seen == [(1, packing.WIDTH), tuple(IDS.shape)]


def test_padding_may_stand_before_the_text(tmp_path: Path) -> None:
    """Nobody asks a tokenizer on which side it fills up."""
    model = network(tmp_path, "bert", "TokenClassification")
    ids, mask = IDS.flip(1), (IDS.flip(1) != 0).long()
    with torch.inference_mode():
        before = model(input_ids=ids, attention_mask=mask).logits
        attention.adopt(model)
        after = model(input_ids=ids, attention_mask=mask).logits
    assert torch.allclose(before[mask.bool()], after[mask.bool()], atol=1e-6)


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40))
def test_every_token_stands_in_one_row_beside_those_of_its_text(lengths: list[int]) -> None:
    tokens = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    texts, sources = packing.layout(tokens)
    there = texts >= 0
    assert sorted(sources[there].tolist()) == tokens.flatten().nonzero()[:, 0].tolist()
    assert torch.equal(sources[there] // max(lengths), texts[there])
    assert texts.shape[1] % packing.ROUND == 0
    for number, length in enumerate(lengths):
        rows, places = (texts == number).nonzero(as_tuple=True)
        assert len(set(rows.tolist())) == 1
        assert places.tolist() == list(range(int(places[0]), int(places[0]) + length))
    assert (there.sum(1) > texts.shape[1] // 2).sum() >= len(texts) - 1  # of two half empty rows one is not needed
