"""Questions with their texts as numbers: windows, what every token is, and what judging and showing know beside that.

A question is one example: the windows of its text, one after the other. Of every token, targets say in bits what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Array, Batch, Encoded, EncodeLimits, Integers, Ragged
from studio.tasks import _excerpts, _texts
from studio.tasks._classes import IGNORED

if TYPE_CHECKING:
    import torch

    from studio.tasks._excerpts import Window

# Bits of a target: what a token is.
STARTS, ENDS = 1, 2  # the answer's first and last one; both on a window's first token where it holds no answer
FIRST = 4  # the first of a window
TEXT = 8  # of the text
OPENS = 16  # the first of an example


@dataclass(frozen=True)
class Passage:
    """What judging and showing know of a question: the text, what each token is [n] and where it stands there [n, 2],
    and the places of the right answers (None: nobody knows them)."""

    context: str
    codes: Integers
    places: Array
    answers: tuple[tuple[int, int], ...] | None

    @property
    def target(self) -> list[str]:
        """The right answers, each once; none is no answer."""
        return list(dict.fromkeys(self.context[start:end] for start, end in self.answers or ()))

    def scores(self, output: Array) -> tuple[float, Array]:
        return _excerpts.scores(output, self.places, (self.codes & FIRST) > 0)


@dataclass(frozen=True)
class Passages(Sequence[Passage]):
    """The passages of a split; `answers` has the pairs of begin and end, one after the other."""

    contexts: Sequence[str]
    codes: Ragged
    places: Ragged
    answers: Sequence[Sequence[int]] | None

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: Any) -> Any:
        flat = None if self.answers is None else self.answers[index]
        pairs = None if flat is None else tuple(zip(flat[::2], flat[1::2], strict=True))
        return Passage(self.contexts[index], self.codes[index], self.places[index], pairs)


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of the windows of `context`, each behind its `question`; what every token is, by `answers`."""
    contexts, answers = list(rows["context"]), rows.get("answers")
    found: list[list[Window]] = [[] for _ in contexts]
    for window in _excerpts.windows(processor, list(rows["question"]), contexts, limits.max_length):
        found[window.question].append(window)
    codes = Ragged.of(_codes(own, None if answers is None else answers[i]) for i, own in enumerate(found))
    places = Ragged.of((np.concatenate([window.places for window in own]) for own in found), np.int32)
    inputs = {"input_ids": Ragged.of(np.concatenate([window.ids for window in own]) for own in found)}
    types = [[window.types for window in own if window.types is not None] for own in found]
    if types and types[0]:
        inputs["token_type_ids"] = Ragged.of(map(np.concatenate, types))
    counts = np.array([int(((row & STARTS) > 0).sum()) for row in codes], dtype=np.int64)
    return Encoded(inputs, codes, codes.lengths, counts, Passages(contexts, codes, places, answers))


def _codes(windows: Sequence[Window], answers: Sequence[int] | None) -> Integers:
    """What each token of a question's windows is. Nothing is learned from a question of whose answers none stands whole
    in any window."""
    codes, hits = [], 0
    for number, window in enumerate(windows):
        own = np.where(window.places[:, 1] > window.places[:, 0], TEXT, 0).astype(np.int64)
        own[0] |= FIRST | (0 if number else OPENS)
        span = _span(window.places, answers or ())
        hits += span is not None
        first, last = span or (0, 0)
        own[first] |= STARTS
        own[last] |= ENDS
        codes.append(own)
    found = np.concatenate(codes)
    unknown = answers is None or (len(answers) and not hits)
    return found & ~(STARTS | ENDS) if unknown else found


def _span(places: Array, answers: Sequence[int]) -> tuple[int, int] | None:
    """The first and the last token of the first answer that stands in the window whole."""
    tokens = np.flatnonzero(places[:, 1] > places[:, 0])
    for start, end in zip(answers[::2], answers[1::2], strict=True):
        if not len(tokens) or start < places[tokens[0], 0] or end > places[tokens[-1], 1]:
            continue
        first = tokens[np.searchsorted(places[tokens, 1], start, side="right")]
        last = tokens[np.searchsorted(places[tokens, 0], end, side="left") - 1]
        if first <= last:
            return int(first), int(last)
    return None


def collate(encoded: Encoded, indices: Integers, processor: Any) -> Batch:
    """Padded windows of the chosen examples and what their tokens are [windows, longest]."""
    import torch

    assert isinstance(encoded.targets, Ragged)
    codes = encoded.targets[indices].values
    offsets = np.append(np.flatnonzero(codes & FIRST), len(codes)).astype(np.int64)
    inputs = {
        name: Ragged(rows[indices].values, offsets) for name, rows in encoded.inputs.items() if isinstance(rows, Ragged)
    }
    windows = Encoded(inputs, Ragged(codes, offsets), np.diff(offsets))
    every = np.arange(len(windows))
    targets = np.full((len(windows), int(windows.lengths.max())), IGNORED, dtype=np.int64)
    targets[np.arange(targets.shape[1]) < windows.lengths[:, None]] = codes
    count = int(((codes & STARTS) > 0).sum())
    return Batch(_texts.pad_inputs(windows, every, processor), torch.from_numpy(targets), count)


def outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [tokens, 2] array per example: what is said of each token of all its windows."""
    there, codes = (targets >= 0).cpu().numpy(), targets.cpu().numpy()
    values, opens = logits.float().cpu().numpy()[there], np.flatnonzero(codes[there] & OPENS)
    return np.split(values, opens[1:])
