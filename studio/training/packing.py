"""Texts without their padding: between an encoder's first and last layer, the tokens of all texts stand in one row.

Everything in a layer but attention works on one token at a time, and padding only makes it work for nothing. Attention
alone puts each text back into a place of its own (`attention.attend`). So steps drawn at random cost no more than steps
of texts of like length, and the network is called once where it would be called for each length.

The row is filled up to a multiple of `ROUND` tokens: a processor's kernels are made for one shape each, and kept.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ROUND = 32
CALLS = 8  # times as many padded tokens as elsewhere are worth one call less: they cost no more than their attention


def adopt(network: nn.Module) -> bool:
    """Let the network's encoder work on packed tokens; its attention must be that of `attention.adopt`.

    Returns False where there is no encoder of the common kind (a list `layer`, called with hidden states and a mask):
    networks that turn tokens by their place (ModernBERT) or look at distances (DeBERTa) are left alone.
    """
    encoders = [module for module in network.modules() if _is_encoder(module)]
    for encoder in encoders:
        encoder.register_forward_pre_hook(_pack, with_kwargs=True)
        encoder.register_forward_hook(_unpack, with_kwargs=True)
    return bool(encoders)


def _is_encoder(module: nn.Module) -> bool:
    called_with = list(inspect.signature(module.forward).parameters)[:2]
    layers = getattr(module, "layer", None)
    return isinstance(layers, nn.ModuleList) and called_with == ["hidden_states", "attention_mask"]


def _pack(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """[n, length, width] and a mask [n, 1, any, length] become [1, tokens, width] and what is a token, [n, length]."""
    hidden = named["hidden_states"] if "hidden_states" in named else given[0]
    mask = named.get("attention_mask")
    if mask is None or mask.dtype != torch.bool:  # nothing is padded, or some tokens count more than others
        return given, named
    tokens = mask[:, 0, 0]
    packed = hidden.flatten(0, 1).index_select(0, places(tokens))
    filled = functional.pad(packed, (0, 0, 0, -len(packed) % ROUND))
    return (), named | {"hidden_states": filled[None], "attention_mask": tokens}


def _unpack(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], result: Any) -> Any:
    """Every text's tokens in places of their own again; zeros where there is padding."""
    tokens = named.get("attention_mask")
    if tokens is not None and tokens.ndim == 2:
        result.last_hidden_state = spread(result.last_hidden_state[0], tokens)
    return result


def places(tokens: torch.Tensor) -> torch.Tensor:
    """Where the tokens of [n, length] stand in [n * length]."""
    return tokens.flatten().nonzero()[:, 0]


def spread(packed: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Packed tokens [tokens, width] as [n, length, width], with zeros where `tokens` [n, length] is false."""
    found = places(tokens)
    room = packed.new_zeros(tokens.numel(), packed.shape[1])
    return room.index_copy(0, found, packed[: len(found)]).view(*tokens.shape, -1)
