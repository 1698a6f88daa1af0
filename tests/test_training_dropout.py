"""Dropout from sixteen bits is dropout: what is left out, how much, and from which seed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from studio.training import dropout
from studio.training.dropout import Dropout


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_the_rate_is_kept_and_the_mean_stays(rate: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    given = torch.ones(1001, 401, dtype=dtype, requires_grad=True)
    answer = Dropout(rate)(given)
    assert answer.dtype is dtype
    assert float((answer == 0).float().mean()) == pytest.approx(rate, abs=0.005)
    assert float(answer.detach().float().mean()) == pytest.approx(1.0, abs=0.02)
    answer.sum().backward()
    assert torch.equal(given.grad, answer.detach())  # type: ignore[arg-type]


def test_places_do_not_hang_together() -> None:
    """Four draws come from one random word."""
    torch.manual_seed(1)
    kept = (Dropout(0.5)(torch.ones(200_000)) > 0).float() - 0.5
    for distance in (1, 2, 3, 4, 8):
        assert abs(float((kept[distance:] * kept[:-distance]).mean())) < 0.003


def test_the_seed_decides_and_evaluation_drops_nothing() -> None:
    layer, given = Dropout(0.3), torch.ones(7, 5)
    torch.manual_seed(3)
    first = layer(given)
    torch.manual_seed(3)
    assert torch.equal(first, layer(given))
    assert not torch.equal(first, layer(given))
    assert layer.eval()(given) is given
    assert Dropout(0.0)(given) is given
    assert not Dropout(1.0)(given).any()


def test_it_takes_the_place_of_every_layer_of_torch() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.2), nn.Sequential(nn.Dropout(0.4), nn.AlphaDropout(0.1)))
    dropout.adopt(network)
    found = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    assert [(type(module), module.p) for module in found] == [(Dropout, 0.2), (Dropout, 0.4)]
    assert any(isinstance(module, nn.AlphaDropout) for module in network.modules())
