"""Bottleneck adapters beside the feed-forward layers (Houlsby et al. 2019, arXiv:1902.00751; in parallel: He et al.
2022, arXiv:2110.04366).

A bottleneck reads what a block's feed-forward layer reads, narrows it, bends it as that layer does, widens it again and
is added to what the layer says. That is what some more units of the layer itself would do. So it is trained as such
units beside frozen ones, and saved as what it is then: a plain network whose feed-forward layers are a little wider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from studio.contracts import Family, Modality, Options, Task
from studio.tuning import Method, Parts, Saved, brought

NEW = 0.02  # standard deviation that new weights begin with, as in BERT


class AdapterOptions(Options):
    width: int = Field(64, ge=1, le=1024, description="Units of each bottleneck: more can learn more, and weigh more.")


def wrap(model: Any, parts: Parts, options: AdapterOptions) -> Any:
    first, second, field = parts.anchors.wide
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(brought(name, parts))
    for block in parts.spine.blocks:
        _widen(model.get_submodule(f"{block}.{first}"), model.get_submodule(f"{block}.{second}"), options.width)
    setattr(model.config, field, getattr(model.config, field) + options.width)
    return model


def _widen(into: Any, out: Any, width: int) -> None:
    """More units of a feed-forward layer, of which nothing is heard as yet. Where half of what `into` says opens and
    shuts the other half, there are as many new ones of both."""
    from torch import nn

    halves = into.out_features // out.in_features
    into.more = nn.Linear(into.in_features, halves * width, bias=into.bias is not None)
    out.more = nn.Linear(width, out.out_features, bias=False)
    nn.init.normal_(into.more.weight, std=NEW)
    nn.init.zeros_(out.more.weight)
    if into.bias is not None:
        nn.init.zeros_(into.more.bias)
    into.forward, out.forward = partial(_into, into, halves), partial(_out, out)


def _into(layer: Any, halves: int, hidden: Any) -> Any:
    from torch.nn import functional

    return _mixed(functional.linear(hidden, layer.weight, layer.bias), layer.more(hidden), halves, -1)


def _out(layer: Any, hidden: Any) -> Any:
    from torch.nn import functional

    known, new = hidden.split([layer.in_features, layer.more.in_features], -1)
    return functional.linear(known, layer.weight, layer.bias) + layer.more(new)


def merge(model: Any) -> Any:
    """The new units among the old ones, in plain layers."""
    for name, layer in list(_widened(model)):
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, _plain(layer))
    return model


def _widened(model: Any) -> Iterator[tuple[str, Any]]:
    return ((name, module) for name, module in model.named_modules() if hasattr(module, "more"))


def _plain(layer: Any) -> Any:
    import torch
    from torch import nn

    more, heard = layer.more, layer.forward.func is _out
    halves = 1 if heard else layer.forward.args[1]
    found = nn.Linear(
        layer.in_features + (more.in_features if heard else 0),
        layer.out_features + (0 if heard else more.out_features),
        bias=layer.bias is not None,
        device=layer.weight.device,
    )
    with torch.no_grad():
        if heard:
            found.weight.copy_(torch.cat([layer.weight, more.weight], 1))
        else:
            found.weight.copy_(_mixed(layer.weight, more.weight, halves))
        if layer.bias is not None:
            found.bias.copy_(layer.bias if heard else _mixed(layer.bias, more.bias, halves))
    return found


def _mixed(known: Any, new: Any, halves: int, along: int = 0) -> Any:
    """Both in one, each half's new ones behind its old."""
    import torch

    pairs = zip(known.chunk(halves, along), new.chunk(halves, along), strict=True)
    return torch.cat([part for pair in pairs for part in pair], along)


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


def obstacle(task: Task, family: Family) -> str | None:
    if family.modality is Modality.TEXT:
        return None
    return f"Bottlenecks stand beside the feed-forward layers of a text encoder, and {family.label} have none."


METHOD = Method(
    name="adapter",
    label="Bottleneck adapter",
    summary="Trains a few new units beside each feed-forward layer and none of the old: an adapter that bends.",
    options=AdapterOptions,
    learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 3e-4},
    head_learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 3e-4},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.01, Modality.IMAGE: 0.0},
    saved=Saved.WHOLE,
    trained_share=0.02,
    wrap=wrap,
    restore=restore,
    merge=merge,
    obstacle=obstacle,
)
