"""Batch normalisation: statistics of the training images in place of stored ones, and layers that stay as they are.

In training these layers go by the images of each step, at rest by their statistics. Where the two differ, a final layer
that was fitted at rest reads something else when training begins; with statistics of the training images they do not
differ, and the network at rest knows images of another kind or size better, too (Li et al. 2016, arXiv:1603.04779).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.training import evaluate
from studio.training.device import moved
from studio.training.setup import Setup

ROWS = 2048  # training rows that statistics are taken of
TOGETHER = 64  # of them in one pass


def _layers(model: Any) -> Iterator[Any]:
    return (module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm))


def keeps_statistics(model: Any) -> bool:
    """Whether any layer of the network goes by statistics that it keeps."""
    return any(layer.running_mean is not None for layer in _layers(model))


def hold(model: Any) -> None:
    """Statistics and weights of normalisation stay as they are from now on, in training as well."""
    for layer in _layers(model):
        layer.requires_grad_(False)
        layer.eval()
        layer.train = partial(_resting, layer)


def _resting(layer: Any, mode: bool = True) -> Any:
    return layer


def take_anew(setup: Setup) -> Setup:
    """Replace the network's statistics, where it has any, by the mean of those of some training rows, as stored."""
    layers, train = list(_layers(setup.network.eval())), setup.encoded["train"]
    if not layers or len(train) < 2:  # statistics of one image are none
        return setup
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # torch's word for: the mean of all batches
        layer.train()
    order = np.random.default_rng(setup.plan.training.seed).permutation(len(train))[:ROWS]
    together = max(2, min(TOGETHER, setup.token_budget))
    pieces = np.array_split(order, max(1, len(order) // together))
    try:
        with torch.no_grad(), evaluate.autocast(setup.device):
            for piece in pieces:
                setup.network(**moved(setup.collate(train, piece).inputs, setup.device))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
            layer.eval()
    return setup
