"""Training the vectors of those tokens alone that occur: the others get no gradient, and need no optimizer.

A vocabulary has 30,000 to 250,000 tokens, a dataset uses a few thousand of them. Trained as it is, the table of token
vectors costs a dense gradient, two moments and an update of every row in every step, most of them zeros. A table of the
tokens in use, in place of the whole one while training goes on, gives the same rows the same updates. What differs:
the vectors of tokens that never occur stay as they were stored, also where weight decay would have shrunk them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from studio.arrays import Encoded, Integers, Ragged

INPUT = "input_ids"
PAYS = 0.7  # share of the vocabulary in use below which a smaller table is worth its look-up


class InUse(nn.Module):
    """A table of token vectors [n, width] for the `n` ids of `tokens`, in place of `whole`. Other ids are an error."""

    rows: torch.Tensor
    places: torch.Tensor

    def __init__(self, whole: nn.Embedding, tokens: Integers) -> None:
        super().__init__()
        rows = torch.from_numpy(tokens).to(whole.weight.device)
        places = torch.full((whole.num_embeddings,), len(tokens), device=rows.device)  # past the end: refused
        places[rows] = torch.arange(len(tokens), device=rows.device)
        self.weight = nn.Parameter(whole.weight.detach()[rows])
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("places", places, persistent=False)
        self.padding_idx = None if whole.padding_idx is None else int(places[whole.padding_idx])
        self.replaced = (whole,)  # in a tuple: it is no part of what is trained and saved

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return functional.embedding(self.places[ids], self.weight, self.padding_idx)


def tokens_in_use(splits: Iterable[Encoded], processor: Any) -> Integers | None:
    """The ids that occur in any split, with the tokenizer's special ones, in order; None for rows without tokens, and
    where others are drawn in their place while training goes on."""
    found = [np.asarray(processor.all_special_ids, dtype=np.int64)] if hasattr(processor, "all_special_ids") else []
    for encoded in splits:
        ids = encoded.inputs.get(INPUT)
        if not isinstance(ids, Ragged) or encoded.drawn:
            return None
        found.append(ids.values)
    return np.unique(np.concatenate(found)).astype(np.int64)


def narrow(network: Any, tokens: Integers | None) -> None:
    """Put a table of these tokens in place of the network's, where its rows are trained, belong to it alone, and few
    enough of them occur."""
    if tokens is None:
        return
    whole = network.get_input_embeddings()
    if not isinstance(whole, nn.Embedding) or not whole.weight.requires_grad or _shared(network, whole):
        return
    if len(tokens) < PAYS * whole.num_embeddings:
        network.set_input_embeddings(InUse(whole, tokens))


def _shared(network: Any, whole: nn.Embedding) -> bool:
    """Whether an output layer reads the same weights: its gradient reaches every row."""
    output = network.get_output_embeddings()
    return output is not None and output.weight is whole.weight


@contextmanager
def widened(network: Any) -> Iterator[None]:
    """Within the block the network has its whole table again, with what was learned in it: to be saved or read."""
    table = next((module for module in network.modules() if isinstance(module, InUse)), None)
    if table is None:
        yield
        return
    (whole,) = table.replaced
    with torch.no_grad():
        whole.weight[table.rows] = table.weight
    network.set_input_embeddings(whole)
    try:
        yield
    finally:
        network.set_input_embeddings(table)
