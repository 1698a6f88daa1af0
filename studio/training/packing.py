"""Texts without their padding: between an encoder's first and last layer, several texts stand in one row.

Everything in a layer but attention works on one token at a time, and padding only makes it work for nothing; attention
is told which tokens are of one text. So steps drawn at random cost no more than steps of texts of like length, and the
network is called once where it would be called for each length. Rows have few shapes, and a processor's kernels, which
are made for one shape each, are made once.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from torch import nn

WIDTH = 32  # tokens of a row, or the longest text where it has more, up to a multiple of `ROUND`
ROUND = 16
CALLS = 8  # times as many padded tokens as elsewhere are worth one call less: they cost no more than their attention


def adopt(network: nn.Module) -> bool:
    """Let the network's encoder work on packed rows; its attention must take a mask of any form.

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
    """Hidden states [n, length, width] and a mask [n, 1, any, length] become those of packed rows.

    What `_unpack` needs goes along under a name that the layers pass on and nobody reads.
    """
    hidden = named["hidden_states"] if "hidden_states" in named else given[0]
    mask = named.get("attention_mask")
    if mask is None or mask.dtype != torch.bool:  # nothing is padded, or some tokens count more than others
        return given, named
    tokens = mask[:, 0, 0]
    texts, sources = layout(tokens)
    packed = hidden.flatten(0, 1).index_select(0, sources.flatten()).view(*texts.shape, -1)
    together = texts[:, None, :, None] == texts[:, None, None, :]
    return (), named | {"hidden_states": packed, "attention_mask": together, "unpacked": (tokens.shape, texts, sources)}


def _unpack(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], result: Any) -> Any:
    """Every text's tokens in places of their own again; zeros where there is padding."""
    if "unpacked" in named:
        result.last_hidden_state = spread(result.last_hidden_state, *named["unpacked"])
    return result


def spread(hidden: torch.Tensor, shape: torch.Size, texts: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
    """Hidden states of packed rows as those of texts, [n, length, width] for a shape (n, length); zeros elsewhere."""
    there = (texts >= 0).flatten().nonzero()[:, 0]
    flat = hidden.flatten(0, 1)
    room = flat.new_zeros(shape.numel(), flat.shape[1])
    return room.index_copy(0, sources.flatten()[there], flat[there]).view(*shape, -1)


def layout(tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Which texts stand in which rows, for `tokens` [n, length], true where a text has a token.

    Returns, [rows, width] each, the number of the text at a place (-1: none), and where in [n * length] its token
    stands (0 where there is none). The longest text is placed first, each into the first row with room for it.
    """
    there = tokens.numpy()
    lengths = there.sum(axis=1)
    width = max(WIDTH, -(-int(lengths.max()) // ROUND) * ROUND)
    ends: list[int] = []  # of what stands in each row
    places: list[tuple[int, int, int]] = []
    for text in np.argsort(-lengths, kind="stable"):
        row = next((number for number, end in enumerate(ends) if end + lengths[text] <= width), len(ends))
        if row == len(ends):
            ends.append(0)
        places.append((text, row, ends[row]))
        ends[row] += lengths[text]
    texts, sources = np.full((len(ends), width), -1), np.zeros((len(ends), width), dtype=np.int64)
    for text, row, start in places:
        texts[row, start : start + lengths[text]] = text
        sources[row, start : start + lengths[text]] = np.flatnonzero(there[text]) + text * there.shape[1]
    return torch.from_numpy(texts), torch.from_numpy(sources)
