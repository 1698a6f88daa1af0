"""What the frozen lower blocks of a network say of each example, computed once; and the network above them.

Where a method leaves the stem and the first blocks as they are, every epoch would compute the same there. So that is
computed once per example, as the network is at rest, and kept: in memory, or in a file without a name where it is
large, which is gone with the process. What is trained is the network above, which shares its weights with the whole.

Where there is no room, or several devices train, the lower blocks are asked anew in every step. The result is the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from studio import disk, machine
from studio.anatomy import Spine
from studio.arrays import Array, Batch, Encoded, Integers, Ragged
from studio.contracts import Modality
from studio.training import evaluate
from studio.training.device import moved
from studio.training.features import Logits
from studio.training.setup import Setup
from studio.tuning import within

INPUT = "below"
USED = ("train", "valid")  # the splits that the loop looks at
MEMORY_SHARE = 0.25  # of what is free that may be filled
MOST_IN_MEMORY = 2 * 10**9
CROWDED = (
    "There is no room to keep what the frozen layers say of each row."
    " They are asked in every epoch, which takes longer."
)
SPARED = 2 * 10**9  # bytes of the disk that are left for checkpoints and for others


class _Reached(Exception):
    """Carries what a block was about to read out of a network's forward pass."""

    def __init__(self, hidden: torch.Tensor) -> None:
        super().__init__()
        self.hidden = hidden


class Below(nn.Module):
    """The network up to a block, at rest: its `logits` are what the block would read."""

    def __init__(self, network: Any, block: str) -> None:
        super().__init__()
        self.network, self.block = network, block

    def forward(self, **inputs: Any) -> Logits:
        handle = self.network.get_submodule(self.block).register_forward_pre_hook(_reach, with_kwargs=True)
        try:
            self.network(**inputs)
        except _Reached as reached:
            return Logits(reached.hidden)
        finally:
            handle.remove()
        raise AssertionError("the block was not reached")


def _reach(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    from studio.training import packing

    hidden = given[0] if given else named["hidden_states"]
    raise _Reached(packing.spread(hidden, *named["unpacked"]) if "unpacked" in named else hidden)


class Above(nn.Module):
    """The network from a block on. It reads `below`; without that it has the rest of the network compute it."""

    def __init__(self, network: Any, spine: Spine, frozen: int) -> None:
        super().__init__()
        self.network = _without(network, {*spine.stem, *spine.blocks[:frozen]}, frozenset(spine.stem))
        self.below = (Below(network, spine.blocks[frozen]),)  # in a tuple: it is no part of what is trained
        self.main = network.main_input_name

    def forward(self, below: torch.Tensor | None = None, **inputs: Any) -> Any:
        if below is None:
            (lower,) = self.below
            with torch.no_grad():
                below = lower.eval()(**inputs).logits
            self.train(self.training)  # what is above was at rest for that as well
        inputs.pop(self.main, None)
        return self.network(**{_EMBEDDED.get(self.main, self.main): below}, **inputs)


_EMBEDDED = {"input_ids": "inputs_embeds"}


class _Given(nn.Module):
    """Hands on what it is given, in place of a stem."""

    def forward(self, *given: Any, inputs_embeds: Any = None, **named: Any) -> Any:
        found = (inputs_embeds, *given)
        return next(value for value in found if isinstance(value, torch.Tensor) and value.is_floating_point())


def _without(module: Any, gone: set[str], stem: frozenset[str], name: str = "") -> Any:
    """A copy of a module that shares weights and all modules but those that lead to one that is gone. In place of a
    stem stands what hands on its input; of lists the rest moves up."""
    if name in stem:
        return _Given()
    if not any(path.startswith(f"{name}." if name else "") for path in gone):
        return module
    copied = module.__new__(type(module))
    copied.__dict__ = dict(module.__dict__)
    inside = {key: f"{name}.{key}" if name else key for key in module._modules}
    kept = [
        (key, _without(child, gone, stem, inside[key]) if child is not None else None)
        for key, child in module._modules.items()
        if inside[key] not in gone or inside[key] in stem
    ]
    numbered = all(key.isdigit() for key in module._modules)
    copied._modules = {str(place) if numbered else key: child for place, (key, child) in enumerate(kept)}
    return copied


def frozen_blocks(network: Any, spine: Spine) -> int:
    """How many of the first blocks are frozen, with all that stands before them; 0 if anything there is trained."""
    trained = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    if any(within(name, (*spine.stem, *spine.shared)) for name in trained):
        return 0
    lowest = (place for place, block in enumerate(spine.blocks) if any(within(name, (block,)) for name in trained))
    return next(lowest, 0)


@dataclass(frozen=True)
class Kept:
    """Where arrays can be kept: in `memory` bytes, or in a file in `folder` (None: nowhere)."""

    memory: int
    folder: Path | None

    def room(self, size: int) -> bool:
        return size <= self.memory or (self.folder is not None and disk.free_bytes(self.folder) - SPARED > size)

    def array(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """An array to be filled; in a file without a name where it is too large for memory."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if size <= self.memory:
            return np.empty(shape, dtype)
        assert self.folder is not None
        with tempfile.TemporaryFile(dir=self.folder) as unnamed:
            return np.memmap(unnamed, dtype, "w+", shape=shape)


def kept_in(folder: Path | None, free: int | None = None) -> Kept:
    """What this machine has room for; `free` is its free memory in bytes, looked up if it is not given."""
    free = machine.look().free("cpu") if free is None else free
    return Kept(min(MOST_IN_MEMORY, int(MEMORY_SHARE * (free or 0))), folder)


def computed(setup: Setup, above: Above, kept: Kept) -> dict[str, Encoded] | None:
    """The splits that training looks at, with what lies below as an input; None where there is no room for it."""
    (below,) = above.below
    if setup.team.size > 1 or setup.encoded["train"].drawn:
        return None
    one = _rows(setup, below, setup.encoded["train"], np.zeros(1, dtype=np.int64))
    positions = sum(int(setup.encoded[split].lengths.sum()) for split in USED)
    if not kept.room(positions * one[0][:1].nbytes if _ragged(setup) else positions * one[0].nbytes):
        return None
    return {split: _filled(setup, below, setup.encoded[split], kept, one[0]) for split in USED}


def _ragged(setup: Setup) -> bool:
    return setup.plan.task.modality is Modality.TEXT


def _filled(setup: Setup, below: Below, encoded: Encoded, kept: Kept, like: Array) -> Encoded:
    """`like` is what lies below one example: [length, width] of a text, [channels, h, w] of an image."""
    if not len(encoded):
        return encoded
    offsets: Integers = np.concatenate([[0], np.cumsum(encoded.lengths)])
    shape = (int(offsets[-1]), like.shape[-1]) if _ragged(setup) else (len(encoded), *like.shape)
    values = kept.array(shape, like.dtype)
    for indices in evaluate.buckets(encoded, setup.token_budget, setup.device):
        for index, rows in zip(indices, _rows(setup, below, encoded, indices), strict=True):
            if _ragged(setup):
                values[offsets[index] : offsets[index + 1]] = rows
            else:
                values[index] = rows
    inputs = dict(encoded.inputs) | {INPUT: Ragged(values, offsets) if _ragged(setup) else values}
    return replace(encoded, inputs=inputs)


def _rows(setup: Setup, below: Below, encoded: Encoded, indices: Integers) -> list[Array]:
    """What lies below some examples: float32, or where the device computes in bfloat16 the bits of that, which numpy
    has no name for. It reaches as far as float32 does; of float16 large values would become infinite."""
    batch, halved = setup.collate(encoded, indices), setup.device.precision == "bf16"
    with torch.inference_mode(), evaluate.autocast(setup.device):
        said = below.eval()(**moved(batch.inputs, setup.device)).logits
        hidden = (said.to("cpu", torch.bfloat16).view(torch.int16) if halved else said.to("cpu", torch.float32)).numpy()
    if not _ragged(setup):
        return list(hidden)
    ends = np.cumsum(encoded.lengths[indices])
    return np.split(hidden[_tokens(batch).numpy()], ends[:-1])


def _tokens(batch: Batch) -> torch.Tensor:
    """[rows, longest] where a batch of texts has tokens: those of an example follow each other, in one row or more."""
    mask = batch.inputs.get("attention_mask")
    return torch.ones_like(batch.inputs["input_ids"], dtype=torch.bool) if mask is None else mask.bool()


def cut(setup: Setup, spine: Spine, frozen: int, scratch: Path | None) -> tuple[Setup, Above]:
    """The setup with rows that carry what lies below, where there is room for it, and the network above as the model.
    Images are as stored, then: what lies below them is asked once."""
    above = Above(setup.network, spine, frozen)
    kept = computed(setup, above, kept_in(scratch))
    plain = setup.plan.training.model_copy(update={"augment": "none"})
    plan, encoded = replace(setup.plan, training=plain), setup.encoded | (kept or {})
    return replace(setup, plan=plan, encoded=encoded, collate=collate_with(setup)), above


def collate_with(setup: Setup) -> Callable[[Encoded, Integers], Batch]:
    """The collate of examples that carry what lies below; others are as they were."""

    def collate(encoded: Encoded, indices: Integers) -> Batch:
        if INPUT not in encoded.inputs:
            return setup.collate(encoded, indices)
        below, rest = encoded.inputs[INPUT], {name: v for name, v in encoded.inputs.items() if name != INPUT}
        if not isinstance(below, Ragged):
            targets = torch.from_numpy(np.asarray(encoded.targets)[indices])
            return Batch({INPUT: _floats(below[indices])}, targets, encoded.labelled(indices))
        batch = setup.collate(replace(encoded, inputs=rest), indices)
        rows, there = _floats(below[indices].values), _tokens(batch)
        room = rows.new_zeros(*there.shape, rows.shape[-1])
        room[there] = rows
        return replace(batch, inputs=batch.inputs | {INPUT: room})

    return collate


def _floats(values: Array) -> torch.Tensor:
    found = torch.from_numpy(np.array(values))
    return (found.view(torch.bfloat16) if found.dtype == torch.int16 else found).float()


def crowded(setup: Setup) -> bool:
    """Whether the lower blocks are asked in every step, because there is no room for what they say."""
    train = setup.encoded["train"]
    return isinstance(setup.model, Above) and setup.team.size == 1 and not (INPUT in train.inputs or train.drawn)
