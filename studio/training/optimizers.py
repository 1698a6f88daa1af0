"""Update rules, learning rates over time, and which weights decay."""

from __future__ import annotations

import math
from typing import Any

import torch

from studio.spec import TrainingParams
from studio.training import head
from studio.training.setup import Setup

HEAD, NETWORK = "head", "network"
MOMENTUM = 0.9
STEPS = (0.5, 0.75)  # shares of the run after which the step schedule divides the rate by ten


def build(setup: Setup) -> torch.optim.Optimizer:
    """The optimizer over what is trained, in groups named `head` and `network`, or by more where their rates differ:
    by layer, and by what the method gives a rate of its own.

    Biases and normalisation weights (one dimension) do not decay.
    """
    params, layers = setup.plan.training, _layers(setup)
    rates = setup.plan.method.rates(setup.plan.method_options)
    groups: dict[tuple[str, float, bool], list[Any]] = {}
    for name, parameter in setup.model.named_parameters():
        if parameter.requires_grad:
            at_end = head.is_one_of(name, setup.head_names)
            part, rate = (HEAD, params.head_learning_rate or 0.0) if at_end else layers[name]
            piece, factor = next(((p, f) for p, f in rates.items() if p in name.split(".")), ("", 1.0))
            part, rate = (f"{part}_{piece}", rate * factor) if piece and not at_end else (part, rate)
            groups.setdefault((part, rate, parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "name": part,
            "peak": rate,
            "lr": rate,
            "weight_decay": (params.weight_decay or 0.0) if decays else 0.0,
        }
        for (part, rate, decays), parameters in groups.items()
    ]
    fused = setup.device.type in ("cpu", "cuda")
    match params.optimizer:
        case "adamw":
            return torch.optim.AdamW(settings, fused=fused)
        case "adam":
            return torch.optim.Adam(settings, fused=fused)
        case "sgd":
            return torch.optim.SGD(settings, lr=0.0, momentum=MOMENTUM, fused=fused)
        case "rmsprop":
            return torch.optim.RMSprop(settings, momentum=MOMENTUM)


def _layers(setup: Setup) -> dict[str, tuple[str, float]]:
    """By parameter name: the group's name and its peak rate. Each layer below the uppermost has `layer_decay` times the
    rate of the one above it (Howard and Ruder 2018, arXiv:1801.06146, section 3.1)."""
    params = setup.plan.training
    groups = setup.plan.family.layer_groups(setup.model)
    found: dict[str, tuple[str, float]] = {}
    for below, names in enumerate(reversed(groups[:-1])):
        rate = (params.learning_rate or 0.0) * params.layer_decay**below
        part = NETWORK if params.layer_decay == 1.0 else f"layer_{len(groups) - 2 - below}"
        found |= dict.fromkeys(names, (part, rate))
    return dict.fromkeys(groups[-1], (NETWORK, params.learning_rate or 0.0)) | found


def rate_factor(progress: float, params: TrainingParams) -> float:
    """The share of the peak learning rate at `progress` (0 to 1) of the run."""
    if progress < params.warmup:
        return progress / params.warmup
    rest = min(1.0, (progress - params.warmup) / max(1e-9, 1.0 - params.warmup))
    match params.schedule:
        case "constant":
            return 1.0
        case "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * rest))
        case "step":
            return 0.1 ** sum(rest >= share for share in STEPS)
        case "linear" | None:
            return 1.0 - rest


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> dict[str, float]:
    """Scale every group's rate; returns the rates by group name."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor
    return {group["name"]: group["lr"] for group in optimizer.param_groups}


def add_l1(parameters: list[Any], strength: float) -> None:
    """Add the subgradient of `strength * |w|` to the gradients of weight matrices."""
    for parameter in parameters:
        if parameter.ndim > 1 and parameter.grad is not None:
            parameter.grad.add_(parameter.detach().sign(), alpha=strength)
