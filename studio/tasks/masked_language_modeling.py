"""Words that were hidden in texts: a network reads on in texts of one's own, without labels, to be a start for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from studio.arrays import Batch, Encoded, EncodeLimits, Ragged
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Options, Task
from studio.tasks import _guesses, _masks, _texts
from studio.tasks._classes import IGNORED

if TYPE_CHECKING:
    from studio.arrays import Integers

WORD = "words"  # the input that says which word a token belongs to
_SEED = 15  # of the masks of held-out texts, which are the same in every run


class MaskedOptions(Options):
    mask_share: float = Field(0.15, gt=0, le=0.5, description="Share of the tokens that are hidden and guessed.")
    whole_words: bool = Field(
        False, description="Hide whole words, not tokens: harder, and better for tasks about words."
    )


def encode(
    rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits, options: MaskedOptions | None = None
) -> Encoded:
    """Token ids of `text`, cut at the limit, some hidden by chance that depends on the row's place alone; or those that
    are asked for, where a text has blanks. Training hides others anew, each time (see `collate`)."""
    options = options or MaskedOptions()
    texts = [_masks.blanked(text, processor.mask_token) for text in rows["text"]]
    found = processor(
        texts,
        truncation=True,
        max_length=limits.max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    given = [np.asarray(ids, dtype=np.int64) for ids in found["input_ids"]]
    belongs = [_belonging(found.word_ids(row)) for row in range(len(given))] if options.whole_words else None
    ids, places, targets = [], [], []
    for row, tokens in enumerate(given):
        asked = np.flatnonzero(tokens == processor.mask_token_id)
        if len(asked):
            hidden, true = asked, np.full(len(asked), _guesses.UNKNOWN)
        else:
            random = np.random.default_rng((_SEED, row))
            hidden = _drawn(tokens, processor, random, None if belongs is None else belongs[row], options.mask_share)
            true, tokens = tokens[hidden], tokens.copy()
            tokens[hidden] = processor.mask_token_id
        ids.append(tokens)
        places.append(hidden)
        targets.append(true)
    inputs = {"input_ids": Ragged.of(ids), _guesses.PLACE: Ragged.of(places)}
    wanted = Ragged.of(targets)
    notes = _guesses.Notes(inputs["input_ids"], inputs[_guesses.PLACE], wanted, processor)
    if belongs is not None:
        inputs[WORD] = Ragged.of(belongs)
    return Encoded(inputs, wanted, inputs["input_ids"].lengths, notes=notes)


def _belonging(words: Sequence[int | None]) -> Integers:
    return np.array([-1 if word is None else word for word in words], dtype=np.int64)


def _drawn(
    tokens: Integers, tokenizer: Any, random: np.random.Generator, words: Integers | None, share: float, wanted: int = 0
) -> Integers:
    """Places of the tokens to hide: `wanted`, or else that share of all that may be."""
    free = np.flatnonzero(~np.isin(tokens, tokenizer.all_special_ids) & (tokens != _guesses.UNKNOWN))
    number = min(wanted, len(free)) if wanted else _masks.count(len(free), share)
    return _masks.chosen(free, number, random, None if words is None else words[free])


def collate(encoded: Encoded, indices: Integers, processor: Any) -> Batch:
    """Padded token ids, places [rows, k] of what is hidden (0 where there is nothing), and that [rows, k] (-100 there).

    In training other tokens are hidden than the row came with, as many, by the seed of the step and the row's place.
    """
    import torch

    rows = [_row(encoded, int(index), processor) for index in indices]
    most = max(1, *(len(places) for _, places, _ in rows))
    places = np.zeros((len(rows), most), dtype=np.int64)
    targets = np.full((len(rows), most), IGNORED, dtype=np.int64)
    for number, (_, where, what) in enumerate(rows):
        places[number, : len(where)], targets[number, : len(what)] = where, what
    plain = Encoded({"input_ids": Ragged.of(ids for ids, _, _ in rows)}, np.zeros(len(rows)), encoded.lengths[indices])
    inputs = _texts.pad_inputs(plain, np.arange(len(rows)), processor)
    inputs[_guesses.PLACE] = torch.from_numpy(places)
    return Batch(inputs, torch.from_numpy(targets), int((targets > _guesses.UNKNOWN).sum()))


def _row(encoded: Encoded, index: int, tokenizer: Any) -> tuple[Integers, Integers, Integers]:
    """Ids of a row as the network reads them, the hidden places, and what stood there."""
    import torch

    ids, places = (np.asarray(encoded.inputs[name][index]) for name in ("input_ids", _guesses.PLACE))
    targets = np.asarray(encoded.targets[index])
    if not encoded.drawn or not len(places):
        return ids, places, targets
    whole = ids.copy()
    whole[places] = np.where(targets > _guesses.UNKNOWN, targets, ids[places])
    random = np.random.default_rng((torch.initial_seed(), index))
    words = np.asarray(encoded.inputs[WORD][index]) if WORD in encoded.inputs else None
    chosen = _drawn(whole, tokenizer, random, words, 0.0, len(places))
    others = random.integers(1, len(tokenizer), len(chosen))
    others[np.isin(others, tokenizer.all_special_ids)] = tokenizer.mask_token_id
    return _masks.altered(whole, chosen, random, tokenizer.mask_token_id, others), chosen, whole[chosen]


def refuse(row: Mapping[str, Any], target: _guesses.Hidden) -> str:
    """A text without a blank asks for nothing: what `encode` hides of it by chance is for measuring alone."""
    mask = target.tokenizer.mask_token
    if mask not in _masks.blanked(row["text"], mask):
        return _masks.MISSING
    return _masks.BEYOND if target.known.any() or not len(target.places) else ""


def fitted(task: Task, options: Any) -> Task:
    """The task with its options."""
    return replace(task, encode=partial(encode, options=options))


TASK = Task(
    name="masked_language_modeling",
    label="Language of texts",
    summary="Read on in plain texts without labels by guessing hidden words: a better start for tasks on such texts.",
    modality=Modality.TEXT,
    head=Head.MASKED_LANGUAGE_MODELING,
    answer=Answer.WORDS,
    columns=(Column("text", ColumnKind.TEXT, "Text", _texts.TEXTS),),
    metric="accuracy",
    metrics=("accuracy", "perplexity"),
    encode=encode,
    collate=collate,
    loss=_guesses.loss,
    outputs=_guesses.outputs,
    judge=_guesses.judge,
    score=_guesses.score,
    decode=_guesses.decode,
    refuse=refuse,
    guess=_guesses.guess,
    ignores=("class_weights", "label_names", "label_template", "warm_head"),
    options=MaskedOptions,
    fit=fitted,
)
