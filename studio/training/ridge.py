"""The best linear layers for numbers on features of the frozen network: ridge regression, in closed form.

What `features.fits` is for classes (Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from studio.contracts import Scale
from studio.training.scaled import Scaled

STRENGTHS = (10.0, 1.0, 0.1, 0.01, 0.001)  # L2 pulls tried, per row; the validation rows choose


def fits(
    features: torch.Tensor, targets: torch.Tensor, scale: Scale, strengths: Sequence[float] = STRENGTHS
) -> list[nn.Linear]:
    """A layer for each of some strengths of L2, strongest first. `features` [n, width] are standardised for the fit,
    `targets` [n] are numbers as they are in the data."""
    x = features.double()
    mean, spread = x.mean(0), x.std(0, correction=0)
    # What hardly varies beside the other features would get a weight that makes every change of it too loud.
    deviation = spread.clamp(min=max(1e-6, 0.1 * float(spread.square().mean().sqrt())))
    x = (x - mean) / deviation
    wanted = (targets.double() - scale.mean) / scale.deviation
    values, vectors = torch.linalg.eigh(x.T @ x / len(x))
    turned = vectors.T @ (x.T @ (wanted - wanted.mean()) / len(x))
    layers: list[nn.Linear] = []
    for strength in strengths:
        weight = vectors @ (turned / (values.clamp(min=0) + strength)) / deviation
        layer = nn.Linear(len(mean), 1).requires_grad_(False)
        layer.weight.copy_(weight[None].float())
        layer.bias.fill_(float(wanted.mean() - weight @ mean))
        layers.append(Scaled(layer, scale).requires_grad_(False))
    return layers
