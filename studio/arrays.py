"""Rows as numbers: encoded examples before padding, padded batches, and what encoding and loss are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array: TypeAlias = NDArray[Any]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Ragged:
    """Many arrays of different lengths in two flat ones.

    Row i is `values[offsets[i]:offsets[i + 1]]`; `offsets` has one more entry than there are rows.
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Iterable[Any], dtype: Any = np.int64) -> Ragged:
        """Pack rows (sequences or arrays, equal in all but the first dimension)."""
        arrays = [np.asarray(row, dtype=dtype) for row in rows]
        offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
        np.cumsum([len(a) for a in arrays], out=offsets[1:])
        return cls(np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> NDArray[Any]: ...

    @overload
    def __getitem__(self, index: NDArray[np.int64]) -> Ragged: ...

    def __getitem__(self, index: int | NDArray[np.int64]) -> NDArray[Any] | Ragged:
        """One row, or, for an array of indices, those rows as a new `Ragged`."""
        if isinstance(index, np.ndarray):
            return Ragged.of([self[int(i)] for i in index], self.values.dtype)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[i] for i in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Encoded:
    """One split of a dataset as numbers, before padding.

    `inputs` maps a model argument to one array per example: a `Ragged` for texts, an array of n images for images.
    `targets` holds one class id or one number per example ([n] int64 or float64; -100 or not a number where there is
    none), a yes or no per class ([n, classes] int8 of 1 and 0; -100 where that is not known), or one array of class ids
    per example (`Ragged`, -100 where a position carries no label). `lengths` ([n] int64) is what an example costs:
    tokens for a text, 1 for an image. `counts` [n] says how many labels each example has, where targets are not simply
    that. `notes` are what judging and showing know of each example, where targets do not tell it: objects whose
    `target` is what is true, as JSON. `drawn`: chance has a part in what a batch shows of them, anew in each step.
    """

    inputs: Mapping[str, Ragged | Array]
    targets: Ragged | Array
    lengths: Integers
    counts: Integers | None = None
    notes: Sequence[Any] | None = None
    drawn: bool = False

    def __len__(self) -> int:
        return len(self.lengths)

    def labelled(self, indices: Integers) -> int:
        """How many targets of these examples carry a label."""
        if self.counts is not None:
            return int(self.counts[indices].sum())
        if isinstance(self.targets, Ragged):
            return sum(int((self.targets[int(i)] >= 0).sum()) for i in indices)
        if self.numbers:
            return int(np.isfinite(self.targets[indices]).sum())
        return int((self.targets[indices] >= 0).sum())

    @property
    def numbers(self) -> bool:
        """Whether numbers are learned, rather than classes."""
        return not isinstance(self.targets, Ragged) and np.issubdtype(self.targets.dtype, np.floating)

    def take(self, indices: Integers) -> Encoded:
        """The examples of these indices, in this order."""
        inputs = {name: values[indices] for name, values in self.inputs.items()}
        counts = None if self.counts is None else self.counts[indices]
        notes = None if self.notes is None else [self.notes[int(index)] for index in indices]
        return Encoded(inputs, self.targets[indices], self.lengths[indices], counts, notes, self.drawn)


@dataclass(frozen=True)
class Batch:
    """A padded micro-batch. `inputs` are the model's keyword arguments; `count` the targets that carry a label."""

    inputs: dict[str, torch.Tensor]
    targets: torch.Tensor
    count: int


@dataclass(frozen=True)
class EncodeLimits:
    """What a task's `encode` may produce: at most `max_length` tokens per text, images of `image_size` pixels; and how
    many `classes` there are."""

    max_length: int
    image_size: int
    classes: int = 0


@dataclass(frozen=True)
class LossOptions:
    """How errors are weighed: `class_weights` is [classes] float32 or None; `label_smoothing` in [0, 1)."""

    class_weights: torch.Tensor | None = None
    label_smoothing: float = 0.0
