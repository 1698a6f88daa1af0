"""The final layer by the names of its parameters, which stay the same before and after a method wraps the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from studio.contracts import Head
from studio.plan import Plan


def names(plan: Plan, network: Any) -> tuple[str, ...]:
    """Ends of the parameter names of the final linear layer, the same before and after a method wraps the network."""
    layer = plan.family.classifier(network)
    if plan.task.head is Head.MASKED_LANGUAGE_MODELING:  # its vectors are those of the tokens: the head is what is left
        return plan.family.layer_groups(network)[-1]
    name = next(n for n, module in network.named_modules() if module is layer)
    return (f"{name}.weight", f"{name}.bias")


def is_one_of(name: str, wanted: Sequence[str]) -> bool:
    """Whether a parameter is one of those, as the network names them, wherever a method has put it: peft puts modules
    that are trained whole under names of its own."""
    plain = f".{name.replace('.modules_to_save.default', '')}"
    return any(plain.endswith(f".{one}") for one in wanted)


def put(model: Any, head_names: tuple[str, ...], start: dict[str, torch.Tensor]) -> None:
    """Give the trained final layer these weights (`weight` and `bias`), wherever the method has put it."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and is_one_of(name, head_names):
                parameter.copy_(start[name.rsplit(".", 1)[1]])
