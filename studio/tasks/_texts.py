"""What text tasks share: padding token ids into a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from studio.arrays import Batch, Encoded, Integers

PADDING = {"attention_mask": 0, "token_type_ids": 0}


def pad_inputs(encoded: Encoded, indices: Integers, tokenizer: Any) -> dict[str, Any]:
    """The chosen rows as int64 tensors [rows, longest], padded on the right.

    The attention mask is left out when nothing is padded: the result is the same and attention is faster without one.
    """
    import torch

    lengths = encoded.lengths[indices]
    padded: dict[str, Any] = {}
    for name, rows in encoded.inputs.items():
        filler = PADDING.get(name, tokenizer.pad_token_id)
        block = np.full((len(indices), int(lengths.max())), filler, dtype=np.int64)
        for place, index in enumerate(indices):
            block[place, : lengths[place]] = rows[int(index)]
        padded[name] = torch.from_numpy(block)
    if lengths.min() < lengths.max():
        mask = np.arange(lengths.max())[None, :] < lengths[:, None]
        padded["attention_mask"] = torch.from_numpy(mask.astype(np.int64))
    return padded


def collate_rows(encoded: Encoded, indices: Integers, tokenizer: Any) -> Batch:
    """A batch of texts with one class id per row."""
    import torch

    from studio.arrays import Batch

    targets = np.asarray(encoded.targets)[indices]
    return Batch(pad_inputs(encoded, indices, tokenizer), torch.from_numpy(targets), len(indices))
