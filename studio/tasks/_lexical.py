"""What somebody says to a question who knows no network: nothing, or the piece of the text that stands amid the
question's words."""

from __future__ import annotations

import numpy as np

from studio.arrays import Array, Encoded, Integers, Ragged
from studio.tasks._passages import ENDS, FIRST, STARTS, TEXT

_NEAR = 8  # tokens around a piece that are looked at


def guess(train: Encoded, encoded: Encoded) -> tuple[list[Array], float]:
    """No answer, where most training rows have none; else as many tokens as the usual answer has, where those around
    them are the question's (a sliding window, as in Richardson et al. 2013). The loss is that of equal chances."""
    assert isinstance(encoded.targets, Ragged)
    none, width = _usual(train)
    ids = encoded.inputs["input_ids"]
    found = [_guessed(ids[i], codes, 0 if none else width) for i, codes in enumerate(encoded.targets)]
    losses = [np.log(readable) for codes in encoded.targets for readable in _choices(codes)]
    return found, float(np.mean(losses)) if losses else 0.0


def _usual(train: Encoded) -> tuple[bool, int]:
    """Whether most rows have no answer, and how many tokens one has."""
    assert isinstance(train.targets, Ragged)
    codes = train.targets.values
    begins, ends = np.flatnonzero(codes & STARTS), np.flatnonzero(codes & ENDS)
    whole = (codes[begins] & TEXT) > 0
    answered = len({int(row) for row in np.searchsorted(train.targets.offsets, begins[whole], side="right")})
    width = int(np.median(ends[whole] - begins[whole])) + 1 if whole.any() else 1
    return 2 * answered < len(train), width


def _choices(codes: Integers) -> list[int]:
    """Tokens to choose from in each labelled window."""
    parts = np.split(codes, np.flatnonzero(codes & FIRST)[1:])
    return [int(((part & (TEXT | FIRST)) > 0).sum()) for part in parts if (part & STARTS).any()]


def _guessed(ids: Integers, codes: Integers, width: int) -> Array:
    """Logits that say: the first token of each window (`width` 0), or the piece amid most of the question's words."""
    logits = np.zeros((len(ids), 2), dtype=np.float32)
    text = np.flatnonzero(codes & TEXT)
    if not width or not len(text):
        logits[(codes & FIRST) > 0] = 1
        return logits
    asked = np.unique(ids[: text[0]])
    known, place, counts = np.unique(ids[text], return_inverse=True, return_counts=True)
    weights = np.where(np.isin(known, asked), np.log1p(1 / counts), 0)[place]  # rare words say more
    width = min(width, len(text))
    around = np.convolve(weights, np.ones(2 * _NEAR + width))[_NEAR + width - 1 : len(text) + _NEAR]
    inside = np.convolve(weights, np.ones(width), "valid")
    begin = int(np.argmax(around[: len(inside)] - 2 * inside))
    logits[text[begin], 0] = logits[text[begin + width - 1], 1] = 1
    return logits
