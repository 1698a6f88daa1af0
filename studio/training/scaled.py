"""A final layer that learns a number in deviations from the mean, and gives it as it is.

Numbers may be shares, stars or millions; weights and learning rates are made for values around zero. So in training the
layer's own output is multiplied by the deviation of the training rows' numbers, and their mean is added. When the model
is saved, both are multiplied into its weights: what reads the model needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from studio.contracts import Family, Scale, SourceKind
from studio.runs.store import Run, find
from studio.spec import RunSpec


class Scaled(nn.Linear):
    """A linear layer [.., width] to [.., 1] whose output is in the unit of the numbers, its weights in deviations."""

    def __init__(self, layer: nn.Linear, scale: Scale) -> None:
        super().__init__(layer.in_features, layer.out_features, device=layer.weight.device)
        self.load_state_dict(layer.state_dict())
        self.mean, self.deviation = scale.mean, scale.deviation

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return super().forward(features).float() * self.deviation + self.mean


def gave_numbers(run: Run, spec: RunSpec) -> bool:
    """Whether the starting weights are those of a run whose final layer gave numbers."""
    source = spec.source
    return source.kind is SourceKind.RUN and find(run.folder.parent, source.location).spec().scale is not None


def adopt(network: Any, family: Family, scale: Scale | None, stored: bool) -> None:
    """Let the network's final layer learn in deviations of `scale`, if there is one. `stored`: its weights are those of
    a model that gave numbers before, and go on giving the same."""
    if scale is None:
        return
    layer = family.classifier(network)
    name = next(name for name, module in network.named_modules() if module is layer)
    parent, _, leaf = name.rpartition(".")
    found = Scaled(layer, scale)
    if stored:
        with torch.no_grad():
            found.weight /= scale.deviation
            found.bias.sub_(scale.mean).div_(scale.deviation)
    setattr(network.get_submodule(parent), leaf, found)


@contextmanager
def plain(models: Iterable[Any]) -> Iterator[None]:
    """Within the block the weights of scaled layers are those of plain layers that give the same: to be saved."""
    layers = {id(m): m for model in models for m in model.modules() if isinstance(m, Scaled)}
    kept = [(layer, layer.weight.clone(), layer.bias.clone()) for layer in layers.values()]
    with torch.no_grad():
        for layer, _, _ in kept:
            layer.weight *= layer.deviation
            layer.bias.mul_(layer.deviation).add_(layer.mean)
        try:
            yield
        finally:
            for layer, weight, bias in kept:
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
