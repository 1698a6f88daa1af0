"""Attention on a processor: as plain matrix products where texts are short, by torch's own kernel where they are long.

torch's kernel saves the memory that long texts need. Its backward pass takes several times as long as the matrix
products it replaces while texts are short, and on a processor most are (docs/performance.md has the figures).
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from studio.training import packing

NAME = "studio"
LONG = 384  # tokens from which torch's kernel is faster
_TORCH = "sdpa"  # transformers' name for it


def adopt(network: Any) -> bool:
    """Let a network that would use torch's kernel choose by length. Others (DeBERTa has its own) are left alone.

    Returns whether it takes texts without their padding, too (see `packing`).
    """
    from transformers import AttentionInterface, AttentionMaskInterface

    masks: Any = AttentionMaskInterface
    if getattr(network.config, "_attn_implementation", None) != _TORCH:
        return False
    AttentionInterface.register(NAME, attend)
    masks.register(NAME, masks()[_TORCH])
    network.set_attn_implementation(NAME)
    return packing.adopt(network)


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """What attention gives, [n, length, heads, width], for [n, heads, length, width]; the weights are not given.

    `attention_mask` is true (or zero) where a token may be looked at, [n, 1, length, length]. The signature is that of
    transformers' attention functions; of what else they are given, `dropout` and `scaling` count.
    """
    dropout, scaling = more.get("dropout", 0.0), more.get("scaling") or query.shape[-1] ** -0.5
    unusual = key.shape != query.shape or more.get("position_bias") is not None or more.get("is_causal")
    if unusual or query.shape[2] >= LONG:
        from transformers import AttentionInterface

        functions: Any = AttentionInterface
        found: tuple[torch.Tensor, None] = functions()[_TORCH](module, query, key, value, attention_mask, **more)
        return found
    with torch.autocast(query.device.type, enabled=False):  # a softmax of bf16 computes in float32 as it is
        scores = torch.matmul(query * scaling, key.transpose(2, 3))
        if attention_mask is not None:
            if attention_mask.dtype == torch.bool:
                scores = scores.masked_fill_(~attention_mask, torch.finfo(scores.dtype).min)
            else:
                scores = scores + attention_mask
        weights = functional.softmax(scores, dim=-1).to(value.dtype)
        if dropout:
            weights = functional.dropout(weights, dropout)
        return torch.matmul(weights, value).transpose(1, 2).contiguous(), None
