"""One tag per word, such as named entities. The tag of a word is learned at its first sub-token."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Batch, Encoded, EncodeLimits, Ragged
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _classes, _texts

if TYPE_CHECKING:
    import torch

    from studio.arrays import Array, Integers

_PLACED = re.compile(r"[BIES]-.")
OUTSIDE = "O"  # no part of an entity; also what is said of a word that is not read, whatever the tags are called
UNKNOWN = 0  # target of a word without a known tag, at prediction time: marks the place that is read out


@dataclass(frozen=True)
class Words:
    """The tags of all words of a row, and the places of those that are read: the others are cut off, or the tokenizer
    keeps nothing of them. They count as words that the model says nothing of, or cutting more would look better."""

    tags: Integers
    read: Integers

    @property
    def target(self) -> list[int]:
        return [int(tag) for tag in self.tags]


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
    notes = None if tags is None else _notes([encoding.word_ids(i) for i in range(len(ids))], tags)
    return Encoded({"input_ids": ids}, Ragged.of(targets), ids.lengths, notes=notes)


def _notes(word_ids: Sequence[Sequence[int | None]], tags: Sequence[Sequence[int]]) -> list[Words] | None:
    """What targets do not tell of the rows; None where every word is read."""
    read = [np.array(sorted({word for word in row if word is not None}), dtype=np.int64) for row in word_ids]
    if all(len(places) == len(own) for places, own in zip(read, tags, strict=True)):
        return None
    return [Words(np.asarray(own, dtype=np.int64), places) for places, own in zip(read, tags, strict=True)]


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


def placed(tag: str) -> str:
    """A tag with its place in an entity: one that has none, such as a part of speech, is an entity of one word."""
    return tag if tag == OUTSIDE or _PLACED.match(tag) else f"B-{tag}"


def judge(outputs: Sequence[Array], targets: Sequence[Array | Words], labels: Sequence[str]) -> Array:
    """Counts of each row [n, 5]: entities that are there, that were found and that were found rightly (conlleval's
    rules, by seqeval); words that have a tag, and that got it."""
    from seqeval.metrics.sequence_labeling import get_entities

    names, counts = [*(placed(label) for label in labels), OUTSIDE], []
    outside = list(labels).index(OUTSIDE) if OUTSIDE in labels else len(labels)
    for output, target in zip(outputs, targets, strict=True):
        tags = target.tags if isinstance(target, Words) else target[target != _classes.IGNORED]
        best = _of_all(output.argmax(axis=-1), target, outside)
        there, found = (set(get_entities([names[tag] for tag in row])) for row in (tags, best))
        counts.append((len(there), len(found), len(there & found), len(tags), int((tags == best).sum())))
    return np.asarray(counts, dtype=np.int64)


def _of_all(values: Array, target: Array | Words | None, unread: Any) -> Array:
    """What is said of the words that are read, at their places among all words of the row."""
    if not isinstance(target, Words):
        return values
    found = np.full(len(target.tags), unread, dtype=values.dtype)
    found[target.read] = values
    return found


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
    """The tag of each word with its probability, and the mean of those as the score of the row. Of words that are not
    read, where that is known, nothing is sure."""
    probabilities = _classes.softmax(output)
    best = _of_all(probabilities.argmax(axis=-1), target, -1)
    scores = probabilities.max(axis=-1)
    unread = len(best) - len(scores)
    return {
        "tags": [OUTSIDE if i < 0 else labels[i] for i in best],
        "scores": [float(s) for s in _of_all(scores, target, 0.0)],
        "score": float(scores.mean()) if len(scores) else 1.0,
    } | ({"unread": unread} if unread else {})


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
