"""Guesses at hidden tokens: loss, outputs, scores and answers. Of a vocabulary's logits only what counts is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from studio.arrays import Array, Encoded, Integers, Ragged
from studio.tasks._classes import IGNORED

if TYPE_CHECKING:
    import torch

    from studio.arrays import LossOptions

UNKNOWN = 0  # target of a token that is asked for: no network of these has an ordinary word there
TOP = 10  # guesses that are kept of each token
SHOWN = 5  # of them that are shown
PLACES = 12  # hidden tokens of a text that are shown
PLACE = "places"  # the input that says of which tokens logits are wanted


@dataclass(frozen=True)
class Hidden:
    """A text with hidden tokens: `ids` [n] as the network reads them; hidden are those at `places` [k], and were
    `targets` [k], or are not known. `tokenizer` turns all into words."""

    ids: Integers
    places: Integers
    targets: Integers
    tokenizer: Any

    @property
    def known(self) -> Array:
        """[k] whether it is known what was hidden."""
        return np.asarray(self.targets != UNKNOWN)

    @property
    def target(self) -> list[str]:
        """The hidden words that are shown; empty where one is not known."""
        return [self.word(token) if token != UNKNOWN else "" for token in self.targets[:PLACES]]

    def word(self, token: int) -> str:
        return str(self.tokenizer.decode([int(token)])).strip()

    @property
    def parts(self) -> list[str]:
        """The text before, between and after the hidden tokens that are shown."""
        places = self.places[:PLACES].tolist()
        edges = zip([0, *(place + 1 for place in places)], [*places, len(self.ids)], strict=True)
        return [str(self.tokenizer.decode(self.ids[start:end], skip_special_tokens=True)) for start, end in edges]


class Notes(Sequence[Hidden]):
    """The texts of encoded rows, made when they are asked for."""

    def __init__(self, ids: Ragged, places: Ragged, targets: Ragged, tokenizer: Any) -> None:
        self._given, self._tokenizer = (ids, places, targets), tokenizer

    def __len__(self) -> int:
        return len(self._given[0])

    @overload
    def __getitem__(self, index: int) -> Hidden: ...

    @overload
    def __getitem__(self, index: slice) -> list[Hidden]: ...

    def __getitem__(self, index: int | slice) -> Hidden | list[Hidden]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        ids, places, targets = (rows[index] for rows in self._given)
        return Hidden(ids, places, targets, self._tokenizer)

    def __iter__(self) -> Iterator[Hidden]:
        return (self[place] for place in range(len(self)))


def loss(logits: torch.Tensor, targets: torch.Tensor, options: LossOptions) -> torch.Tensor:
    """Summed cross entropy of logits [rows, k, tokens] for hidden tokens [rows, k]; unknown ones do not count."""
    from torch.nn import functional

    return functional.cross_entropy(
        logits.float().flatten(0, -2),
        targets.masked_fill(targets <= UNKNOWN, IGNORED).flatten(),
        ignore_index=IGNORED,
        label_smoothing=options.label_smoothing,
        reduction="sum",
    )


def outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [k, 1 + 2 * TOP] float32 array per row: the logarithm of the probability of what is hidden (0 where that is
    not known), the best guesses, and the logarithms of theirs."""
    import torch

    top = min(TOP, logits.shape[-1])
    sure = torch.log_softmax(logits.float(), dim=-1)
    wanted = sure.gather(-1, targets.clamp(min=0)[..., None])
    best, ids = sure.topk(top, dim=-1)
    kept = torch.cat([wanted * (targets > UNKNOWN)[..., None], ids.float(), best], dim=-1).cpu().numpy()
    asked = (targets != IGNORED).cpu().numpy()
    return [row[places] for row, places in zip(kept, asked, strict=True)]


def judge(outputs: Sequence[Array], targets: Sequence[Hidden], labels: Sequence[str]) -> Array:
    """Of each row [n, 3]: hidden tokens that are known, how many were guessed first, and the sum of their losses."""
    judged = []
    for output, note in zip(outputs, targets, strict=True):
        known = note.known
        hits = output[known, 1].astype(np.int64) == note.targets[known]
        judged.append((known.sum(), hits.sum(), -output[known, 0].astype(np.float64).sum()))
    return np.asarray(judged, dtype=np.float64).reshape(-1, 3)


def score(judged: Array) -> dict[str, float]:
    """The share of hidden tokens that were guessed first, and perplexity: the exponential of the mean loss."""
    known, hits, lost = judged.sum(axis=0)
    return {"accuracy": float(hits / max(1, known)), "perplexity": float(np.exp(min(50.0, lost / max(1, known))))}


def decode(output: Array, target: Hidden, labels: Sequence[str]) -> dict[str, Any]:
    """The text around the hidden tokens, the best guesses at each, and how sure the first ones are on average; `exact`
    is the share of right ones, where that is known."""
    best, sure = output[:, 1 : 1 + output.shape[1] // 2], np.exp(output[:, 1 + output.shape[1] // 2 :].astype(float))
    guesses = [
        [{"label": target.word(token), "score": float(s)} for token, s in zip(ids[:SHOWN], scores[:SHOWN], strict=True)]
        for ids, scores in zip(best[:PLACES], sure[:PLACES], strict=True)
    ]
    said = {"parts": target.parts, "guesses": guesses, "score": float(sure[:, 0].mean()) if len(sure) else 1.0}
    known = target.known
    hits = best[known, 0].astype(np.int64) == target.targets[known]
    return said | {"exact": float(hits.mean())} if len(hits) else said


def guess(train: Encoded, encoded: Encoded) -> tuple[list[Array], float]:
    """Always guessing by how often each token stands in the training texts, one more for all: outputs and mean loss."""
    notes = encoded.notes or ()
    if not len(notes):
        return [], 0.0
    counts = np.bincount(_tokens(train), minlength=len(notes[0].tokenizer)).astype(np.float64) + 1
    sure = np.log(counts / counts.sum())
    best = np.argsort(-sure, kind="stable")[:TOP]
    found, lost, known = [], 0.0, 0
    for note in notes:
        row = np.tile(np.concatenate([[0.0], best, sure[best]]), (len(note.places), 1))
        row[:, 0] = np.where(note.known, sure[note.targets], 0.0)
        found.append(row.astype(np.float32))
        lost, known = lost - float(row[:, 0].sum()), known + int(note.known.sum())
    return found, lost / max(1, known)


def _tokens(train: Encoded) -> Integers:
    """The tokens of the training texts, also those that are hidden; nothing else."""
    ids, targets = train.inputs["input_ids"], train.targets
    assert isinstance(ids, Ragged)
    assert isinstance(targets, Ragged)
    notes = train.notes or ()
    special = notes[0].tokenizer.all_special_ids if len(notes) else []
    return np.concatenate([ids.values[~np.isin(ids.values, special)], targets.values[targets.values > UNKNOWN]])
