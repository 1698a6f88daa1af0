"""The rows of a run's dataset as transformers' Trainer takes them: examples, and what makes a batch of them.

Texts go through the tokenizer and images through the image processor, as its documentation shows it. For answers in
texts and hidden words Trainer has nothing of its own: there rows, windows and masks are the studio's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import DataCollatorForTokenClassification, DataCollatorWithPadding

from studio.arrays import Encoded, EncodeLimits
from studio.contracts import ColumnKind, Head
from studio.data import store
from studio.pixels import resized
from studio.plan import Plan

Example = dict[str, Any]
CUSTOM = (Head.MASKED_LANGUAGE_MODELING, Head.QUESTION_ANSWERING)
AREA, RATIO, TRIES = (0.08, 1.0), (3 / 4, 4 / 3), 10  # defaults of torchvision's RandomResizedCrop


@dataclass(frozen=True)
class Prepared:
    """The examples of each split, and what makes a batch of them."""

    train: Sequence[Example]
    valid: Sequence[Example]
    test: Sequence[Example]
    collator: Callable[[list[Example]], Any]


@dataclass(frozen=True)
class Numbered:
    """Encoded rows as examples that say which row they are."""

    encoded: Encoded

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, index: int) -> Example:
        return {"encoded": self.encoded, "row": index}


@dataclass(frozen=True)
class Pictures:
    """Images [n, size, size, 3] uint8 as examples, changed at random by `change` each time they are read."""

    images: Any
    labels: Sequence[Any]
    change: Callable[[Image.Image], Image.Image]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Example:
        return {"image": self.change(Image.fromarray(self.images[index])), "label": self.labels[index]}


def prepare(plan: Plan, folder: Path, processor: Any, max_length: int | None, most: int | None = None) -> Prepared:
    """Every split as examples, padded batch by batch (texts) or put through the image processor (images)."""
    splits = [chosen(store.columns(folder, split), most, plan) for split in ("train", "valid", "test")]
    match plan.task.head:
        case Head.SEQUENCE_CLASSIFICATION:
            texts = [sequences(plan, rows, processor, max_length) for rows in splits]
            return Prepared(texts[0], texts[1], texts[2], DataCollatorWithPadding(processor))
        case Head.TOKEN_CLASSIFICATION:
            texts = [words(rows, processor, max_length) for rows in splits]
            return Prepared(texts[0], texts[1], texts[2], DataCollatorForTokenClassification(processor))
        case Head.IMAGE_CLASSIFICATION:
            changes = CHANGES[plan.training.augment]
            size = plan.training.image_size or 224
            parts = [
                Pictures(resized(np.asarray(rows["image"]), size), wanted(plan, rows), change)
                for rows, change in zip(splits, (changes, unchanged, unchanged), strict=True)
            ]
            return Prepared(parts[0], parts[1], parts[2], picture_collator(processor))  # type: ignore[arg-type]
        case Head.MASKED_LANGUAGE_MODELING | Head.QUESTION_ANSWERING:
            limits = EncodeLimits(max_length or 0, 0)
            encoded = [Numbered(plan.task.encode(rows, processor, limits)) for rows in splits]
            drawn = Numbered(replace(encoded[0].encoded, drawn=not plan.task.labelled))
            return Prepared(drawn, encoded[1], encoded[2], numbered_collator(plan, processor))  # type: ignore[arg-type]


def chosen(rows: Mapping[str, Sequence[Any]], count: int | None, plan: Plan) -> Mapping[str, Sequence[Any]]:
    """All rows, or `count` of them drawn from the seed."""
    total = len(rows[plan.task.target.name])
    if count is None or count >= total:
        return rows
    places = np.sort(np.random.default_rng(plan.training.seed).permutation(total)[:count])
    return {name: [values[i] for i in places] for name, values in rows.items()}


def sequences(plan: Plan, rows: Mapping[str, Sequence[Any]], tokenizer: Any, max_length: int | None) -> list[Example]:
    """Tokens of the text, or of both, with its class, its number, or a yes or no for each class."""
    encoding = tokenizer(*(list(rows[c.name]) for c in plan.task.inputs), truncation=True, max_length=max_length)
    return [
        {**{name: values[i] for name, values in encoding.items()}, "label": label}
        for i, label in enumerate(wanted(plan, rows))
    ]


def wanted(plan: Plan, rows: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    """The class or the number of each row, or a yes or no for each class."""
    target = plan.task.target
    if target.kind is not ColumnKind.LABELS:
        return rows[target.name]
    return [[float(place in own) for place in range(len(plan.spec.labels))] for own in rows[target.name]]


def words(rows: Mapping[str, Sequence[Any]], tokenizer: Any, max_length: int | None) -> list[Example]:
    """Tokens with the tag of each word at its first piece and -100 elsewhere."""
    texts = [list(row) for row in rows["tokens"]]
    encoding = tokenizer(texts, is_split_into_words=True, truncation=True, max_length=max_length)
    examples = []
    for i, tags in enumerate(rows["tags"]):
        places = encoding.word_ids(i)
        before = [None, *places[:-1]]
        labels = [-100 if here in (None, last) else tags[here] for here, last in zip(places, before, strict=True)]
        examples.append({**{name: values[i] for name, values in encoding.items()}, "labels": labels})
    return examples


def picture_collator(processor: Any) -> Callable[[list[Example]], Any]:
    def collate(examples: list[Example]) -> Any:
        pixels = processor(images=[example["image"] for example in examples], return_tensors="pt")["pixel_values"]
        return {"pixel_values": pixels, "labels": torch.tensor([example["label"] for example in examples])}

    return collate


def numbered_collator(plan: Plan, processor: Any) -> Callable[[list[Example]], Any]:
    """Batches of the task's own making. What chance hides is hidden anew each time."""
    seeds = count(plan.training.seed)

    def collate(examples: list[Example]) -> Any:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(next(seeds))
            places = np.array([example["row"] for example in examples])
            batch = plan.task.collate(examples[0]["encoded"], places, processor)
        return {**batch.inputs, "labels": batch.targets, "labelled": torch.tensor(batch.count)}

    return collate


def unchanged(image: Image.Image) -> Image.Image:
    return image


def flipped(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else image


def cropped_and_flipped(image: Image.Image) -> Image.Image:
    """A random part of a square image at its full size, mirrored or not: RandomResizedCrop, RandomHorizontalFlip."""
    size = image.width
    for _ in range(TRIES):
        area = size * size * random.uniform(*AREA)
        ratio = math.exp(random.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
        width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < width <= size and 0 < height <= size:
            left, top = random.randint(0, size - width), random.randint(0, size - height)
            box = (left, top, left + width, top + height)
            image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
            break
    return flipped(image)


CHANGES = {"none": unchanged, "flip": flipped, "crop": cropped_and_flipped}
