"""Update rules, learning rates over time, and which weights decay."""

from __future__ import annotations

import math
from typing import Any

import torch

from studio.spec import TrainingParams

HEAD, NETWORK = "head", "network"
MOMENTUM = 0.9
STEPS = (0.5, 0.75)  # shares of the run after which the step schedule divides the rate by ten


def build(model: Any, head_names: tuple[str, ...], params: TrainingParams, device_type: str) -> torch.optim.Optimizer:
    """The optimizer over trainable weights, in groups named `head` and `network`.

    Biases and normalisation weights (one dimension) do not decay. `head_names` are ends of parameter names.
    """
    groups: dict[tuple[str, bool], list[Any]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            part = HEAD if plain_name(name).endswith(head_names) else NETWORK
            groups.setdefault((part, parameter.ndim > 1), []).append(parameter)
    rates = {HEAD: params.head_learning_rate or 0.0, NETWORK: params.learning_rate or 0.0}
    settings = [
        {
            "params": parameters,
            "name": part,
            "peak": rates[part],
            "lr": rates[part],
            "weight_decay": (params.weight_decay or 0.0) if decays else 0.0,
        }
        for (part, decays), parameters in groups.items()
    ]
    fused = device_type in ("cpu", "cuda")
    match params.optimizer:
        case "adamw":
            return torch.optim.AdamW(settings, fused=fused)
        case "adam":
            return torch.optim.Adam(settings, fused=fused)
        case "sgd":
            return torch.optim.SGD(settings, lr=0.0, momentum=MOMENTUM, fused=fused)
        case "rmsprop":
            return torch.optim.RMSprop(settings, momentum=MOMENTUM)


def plain_name(name: str) -> str:
    """A parameter's name without what peft puts in the middle of it for modules that are trained whole."""
    return name.replace(".modules_to_save.default", "")


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
