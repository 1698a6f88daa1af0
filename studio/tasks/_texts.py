"""What text tasks share: one text or two as token ids, and padding them into a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from studio.arrays import Batch, Encoded, EncodeLimits, Integers, Ragged

# Headers under which people bring these columns.
TEXTS = ("text", "sentence", "review", "content", "message", "comment", "query")
LABELS = ("label", "category", "class", "target", "sentiment", "intent", "y")
FIRST = (
    "sentence1",
    "sentence_1",
    "text1",
    "text_1",
    "text_a",
    "sentence_a",
    "premise",
    "question1",
    "question_1",
    "query1",
    "satz1",
    "句子1",
    "文本1",
    "前提",
    "text",
    "sentence",
    "question",
    "query",
    "句子",
)
SECOND = (
    "text_b",
    "sentence2",
    "sentence_2",
    "text2",
    "text_2",
    "sentence_b",
    "hypothesis",
    "question2",
    "question_2",
    "query2",
    "satz2",
    "句子2",
    "文本2",
    "假设",
)
CONTEXTS = ("context", "passage", "paragraph", "document", "article", "text", "上下文", "文章", "段落", "原文")
ANSWERS = ("answers", "answers_text", "answer", "answer_text", "answer_texts", "gold_answer", "答案", "回答")
PADDING = {"attention_mask": 0, "token_type_ids": 0}


def encoded(
    rows: Mapping[str, Sequence[Any]], tokenizer: Any, limits: EncodeLimits, names: Sequence[str]
) -> dict[str, Ragged]:
    """Token ids of the one text or the two texts of each row, cut at the limit: of two, always the longer one. Token
    types, which say where the second text begins, where the tokenizer makes them."""
    from studio.arrays import Ragged

    texts = [list(rows[name]) for name in names]
    types = len(texts) > 1 and "token_type_ids" in tokenizer.model_input_names
    found = tokenizer(
        *texts,
        truncation="longest_first",
        max_length=limits.max_length,
        return_attention_mask=False,
        return_token_type_ids=types,
    )
    return {name: Ragged.of(found[name]) for name in ("input_ids", "token_type_ids")[: 1 + types]}


def pad_inputs(encoded: Encoded, indices: Integers, tokenizer: Any) -> dict[str, Any]:
    """The chosen rows as int64 tensors [rows, longest], padded on the right.

    The attention mask is left out when nothing is padded: the result is the same and attention is faster without one.
    """
    import torch

    lengths = encoded.lengths[indices]
    padded: dict[str, Any] = {}
    for name, rows in encoded.inputs.items():
        filler = PADDING.get(name, tokenizer.pad_token_id)
        block = np.full((len(indices), int(lengths.max())), filler, dtype=np.int64)
        for place, index in enumerate(indices):
            block[place, : lengths[place]] = rows[int(index)]
        padded[name] = torch.from_numpy(block)
    if lengths.min() < lengths.max():
        mask = np.arange(lengths.max())[None, :] < lengths[:, None]
        padded["attention_mask"] = torch.from_numpy(mask.astype(np.int64))
    return padded


def collate_rows(encoded: Encoded, indices: Integers, tokenizer: Any) -> Batch:
    """A batch of texts with one class id, or one number, per row."""
    import torch

    from studio.arrays import Batch

    targets = np.asarray(encoded.targets)[indices]
    return Batch(pad_inputs(encoded, indices, tokenizer), torch.from_numpy(targets), len(indices))
