"""Pieces of a text as answers to a question: a long text in windows that overlap, and the best pieces by what a network
says of every token.

Needs numpy and a tokenizer alone. Every export of such a model holds this very file as `answers.py`, so that it answers
there as it does here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

OVERLAP = 128  # tokens that neighbouring windows share, and the third part of a window where that is less
LONGEST = 64  # tokens of an answer
_SHORTEST = 12  # tokens of a window, whatever is asked for
_NOTHING = -1e30  # the score of what is no answer


@dataclass(frozen=True)
class Window:
    """A question with a part of its text, as a network reads them.

    `question` is the row it belongs to; `ids` [n] are token ids, `types` [n] tell the question from the text (None
    where the tokenizer does not); `places` [n, 2] say where each token begins and ends in the text, in characters, and
    are empty for tokens that are not of the text.
    """

    question: int
    ids: NDArray[np.int64]
    types: NDArray[np.int64] | None
    places: NDArray[np.int32]


@dataclass(frozen=True)
class Found:
    """A piece of the text, from character `start` up to `end`, and its share of all scores; without a place, the
    answer that there is none."""

    score: float
    start: int | None = None
    end: int | None = None

    def of(self, context: str) -> str:
        """The piece itself."""
        return "" if self.start is None else context[self.start : self.end]


def windows(tokenizer: Any, questions: Sequence[str], contexts: Sequence[str], length: int) -> list[Window]:
    """The windows of each question's text, at most `length` tokens each, in their order."""
    if not len(questions):
        return []
    length = max(length, _SHORTEST)
    third = max(1, (length - tokenizer.num_special_tokens_to_add(pair=True)) // 3)
    types = "token_type_ids" in tokenizer.model_input_names
    found = tokenizer(
        [_cut(tokenizer, question, third) for question in questions],
        list(contexts),
        truncation="only_second",
        max_length=length,
        stride=min(OVERLAP, third),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
        return_token_type_ids=types,
    )
    made = []
    for number, question in enumerate(found["overflow_to_sample_mapping"]):
        places = np.asarray(found["offset_mapping"][number], dtype=np.int32).reshape(-1, 2)
        places[[part != 1 for part in found.sequence_ids(number)]] = 0
        kinds = np.asarray(found["token_type_ids"][number], dtype=np.int64) if types else None
        made.append(Window(int(question), np.asarray(found["input_ids"][number], dtype=np.int64), kinds, places))
    return made


def _cut(tokenizer: Any, question: str, most: int) -> str:
    """The question's first tokens."""
    if 4 * len(question) <= most:  # a character has four bytes at most
        return question
    found = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    places = found["offset_mapping"]
    return question if len(places) <= most else question[: places[most - 1][1]]


def scores(logits: NDArray[Any], places: NDArray[Any], first: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
    """What a network says of having no answer, and of every piece.

    `logits` [n, 2] are those of beginning and ending at each token of all windows of a question, one after the other;
    `places` [n, 2] are the tokens' (see `Window`), and `first` [n] says which are the first of a window. No answer has
    the score of the first token, in the window where that is lowest. Returned are that score and a table [width, n] of
    the pieces that begin at each token and reach `width` tokens further; what is no piece has a score below -1e29.
    """
    count, values = len(logits), logits.astype(np.float64)
    text, window = places[:, 1] > places[:, 0], np.cumsum(first)
    starts, ends = (np.where(text, values[:, side], _NOTHING) for side in (0, 1))
    table = np.full((min(LONGEST, count), count), _NOTHING)
    for width in range(len(table)):
        last = count - width
        same = window[:last] == window[width:]
        table[width, :last] = np.where(same, starts[:last] + ends[width:], _NOTHING)
    return float(values[first].sum(axis=1).min()), table


def margin(none: float, table: NDArray[np.float64]) -> float:
    """How much better no answer is than the best piece."""
    return none - float(table.max(initial=_NOTHING))


def ranked(none: float, table: NDArray[np.float64], places: NDArray[Any], threshold: float | None) -> list[Found]:
    """The pieces with the highest scores, best first, with no answer among them: it comes first where it is better than
    the best piece by more than `threshold`. None of it, if that is None and there is any piece.

    A piece that stands in several windows has its highest score. The scores are shares of one.
    """
    widths, begins = np.nonzero(table > _NOTHING / 10)
    values = table[widths, begins]
    spans = np.stack([places[begins, 0], places[begins + widths, 1]], axis=1).astype(np.int64)
    order = np.argsort(-values, kind="stable")
    _, first = np.unique(spans[order], axis=0, return_index=True)
    order = order[np.sort(first)]
    values, spans = values[order], spans[order]
    if threshold is not None or not len(values):
        none -= threshold or 0.0
        place = int((values >= none).sum())
        values, spans = np.insert(values, place, none), np.insert(spans, place, (-1, -1), axis=0)
    shares = np.exp(values - values[0])
    shares /= shares.sum()
    return [
        Found(float(share)) if start < 0 else Found(float(share), int(start), int(end))
        for share, (start, end) in zip(shares, spans, strict=True)
    ]


def trimmed(context: str, start: int, end: int) -> tuple[int, int]:
    """The piece without spaces around it: some tokenizers count the one before a word as part of it."""
    piece = context[start:end]
    left = len(piece) - len(piece.lstrip())
    return (start + left, start + left + len(piece.strip())) if piece.strip() else (start, end)
