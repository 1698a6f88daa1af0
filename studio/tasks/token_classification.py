"""One tag per word, such as named entities. The tag of a word is learned at its first sub-token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Batch, Encoded, EncodeLimits, Ragged
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes, _texts

if TYPE_CHECKING:
    import torch

    from studio.arrays import Array, Integers

UNKNOWN = 0  # target of a word without a known tag, at prediction time: marks the place that is read out


def encode(rows: Mapping[str, Sequence[Any]], processor: Any, limits: EncodeLimits) -> Encoded:
    """Token ids of `tokens`, cut at the limit; the tag of each word at its first sub-token, -100 elsewhere."""
    encoding = processor(
        [list(words) for words in rows["tokens"]],
        is_split_into_words=True,
        truncation=True,
        max_length=limits.max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    ids = Ragged.of(encoding["input_ids"])
    tags = rows.get("tags")
    targets = [
        _first_subtokens(encoding.word_ids(i), [UNKNOWN] * len(words) if tags is None else tags[i])
        for i, words in enumerate(rows["tokens"])
    ]
    return Encoded({"input_ids": ids}, Ragged.of(targets), ids.lengths)


def _first_subtokens(word_ids: Sequence[int | None], tags: Sequence[int]) -> list[int]:
    placed, previous = [], None
    for word in word_ids:
        placed.append(tags[word] if word is not None and word != previous else _classes.IGNORED)
        previous = word
    return placed


def collate(encoded: Encoded, indices: Integers, processor: Any) -> Batch:
    """Padded token ids and targets [rows, longest]."""
    import torch

    lengths = encoded.lengths[indices]
    targets = np.full((len(indices), int(lengths.max())), _classes.IGNORED, dtype=np.int64)
    for place, index in enumerate(indices):
        targets[place, : lengths[place]] = encoded.targets[int(index)]
    count = int((targets != _classes.IGNORED).sum())
    return Batch(_texts.pad_inputs(encoded, indices, processor), torch.from_numpy(targets), count)


def outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [words, classes] array per row: the logits where a word begins."""
    read_out = (targets != _classes.IGNORED).cpu().numpy()
    values = logits.float().cpu().numpy()
    return [row[places] for row, places in zip(values, read_out, strict=True)]


def judge(outputs: Sequence[Array], targets: Sequence[Array], labels: Sequence[str]) -> Array:
    """Counts of each row [n, 5]: entities that are there, that were found and that were found rightly (conlleval's
    rules, by seqeval); words that have a tag, and that got it."""
    from seqeval.metrics.sequence_labeling import get_entities

    counts = []
    for output, target in zip(outputs, targets, strict=True):
        tags, best = target[target != _classes.IGNORED], output.argmax(axis=-1)
        there, found = (set(get_entities([labels[tag] for tag in row])) for row in (tags, best))
        counts.append((len(there), len(found), len(there & found), len(tags), int((tags == best).sum())))
    return np.asarray(counts, dtype=np.int64)


def score(judged: Array) -> dict[str, float]:
    """F1, precision and recall of whole entities, and accuracy of single words."""
    there, found, right, words, hits = (int(total) for total in judged.sum(axis=0))
    return {
        "f1": 2 * right / max(1, there + found),
        "precision": right / max(1, found),
        "recall": right / max(1, there),
        "accuracy": hits / max(1, words),
    }


def decode(output: Array, target: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The tag of each word with its probability, and the mean of those as the score of the row."""
    probabilities = _classes.softmax(output)
    best = probabilities.argmax(axis=-1)
    scores = probabilities.max(axis=-1)
    return {
        "tags": [labels[i] for i in best],
        "scores": [float(s) for s in scores],
        "score": float(scores.mean()) if len(scores) else 1.0,
    }


TASK = Task(
    name="token_classification",
    label="Entities in texts",
    summary="Tag each word of a text, such as names of people and places.",
    modality=Modality.TEXT,
    head=Head.TOKEN_CLASSIFICATION,
    answer=Answer.SPANS,
    columns=(
        Column("tokens", ColumnKind.TOKENS, "Words", ("tokens", "words")),
        Column("tags", ColumnKind.TAGS, "Tags", ("tags", "ner_tags", "labels", "ner")),
    ),
    metric="f1",
    metrics=("f1", "precision", "recall", "accuracy"),
    encode=encode,
    collate=collate,
    loss=_classes.cross_entropy,
    outputs=outputs,
    judge=judge,
    score=score,
    decode=decode,
    ignores=("label_names", "label_template"),  # for single texts with one class each
)
