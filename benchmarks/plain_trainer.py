"""Train a run's network once more with transformers' own Trainer, as its documentation shows it.

Started by against_trainer.py with a request as JSON; prints one JSON line at the end of each phase, so that the time
can be taken from outside. Knows nothing of the studio's results: it reads the run's spec and its dataset, no more, and
leaves nothing behind. What the studio adds is left out: no warm head, no mended pooler, one learning rate for
all weights, no validation on the way, the weights of the last step; and, unless it is to be `tuned`, no bf16.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import (
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from studio import processes
from studio.contracts import Head, Loaded, LoadRequest
from studio.data import store
from studio.pixels import resized
from studio.plan import Plan, unfold
from studio.runs.store import Run
from studio.training import build, worker
from studio.tuning import Parts

Example = dict[str, Any]
SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}
AREA, RATIO, TRIES = (0.08, 1.0), (3 / 4, 4 / 3), 10  # defaults of torchvision's RandomResizedCrop


@dataclass(frozen=True)
class Request:
    """What to train: a run's folder, and the values that the run itself found or that the caller changes.

    `max_length` is in tokens (None for images); `rows` is how many rows to train and to test on, None for all. `tuned`:
    as somebody would set Trainer who knows it, with bf16 and batches of like length. `validated`: also scored on the
    validation rows at the end, in a phase of its own.
    """

    folder: str
    rate: float
    head_rate: float
    epochs: int
    max_length: int | None
    rows: int | None
    tuned: bool = False
    validated: bool = False


@dataclass(frozen=True)
class Prepared:
    """The examples of each split, and what makes a batch of them."""

    train: Sequence[Example]
    valid: Sequence[Example]
    test: Sequence[Example]
    collator: Callable[[list[Example]], Any]


@dataclass(frozen=True)
class Pictures:
    """Images [n, size, size, 3] uint8 as examples, changed at random by `change` each time they are read."""

    images: Any
    labels: Sequence[int]
    change: Callable[[Image.Image], Image.Image]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Example:
        return {"image": self.change(Image.fromarray(self.images[index])), "label": self.labels[index]}


def main(argument: str) -> None:
    request = Request(**json.loads(argument))
    processes.step_back(worker.COURTESY)
    say(phase="imports")
    run = Run(Path(request.folder))
    plan = unfold(run.spec())
    loaded = start(run, plan)
    prepared = prepare(plan, build.dataset_folder(run, plan), loaded.processor, request)
    with tempfile.TemporaryDirectory() as scratch:
        model, rate = tuned(plan, loaded.model, request, total_steps(plan, request, len(prepared.train)))
        settings = arguments(plan, replace(request, rate=rate), len(prepared.train), scratch)
        trainer = Trainer(model=model, args=settings, train_dataset=prepared.train, data_collator=prepared.collator)
        trainer.remove_callback(PrinterCallback)  # our output belongs to the caller
        say(phase="loading")
        trainer.train()
        say(phase="training")
        metrics = score(plan, trainer.predict(prepared.test))  # type: ignore[arg-type]
        say(phase="testing")
        valid = None
        if request.validated:
            valid = score(plan, trainer.predict(prepared.valid))  # type: ignore[arg-type]
            say(phase="validating")
    say(
        metrics=metrics,
        valid=valid,
        rate=rate,
        steps=trainer.state.global_step,
        rows={"train": len(prepared.train), "test": len(prepared.test)},
        trainable_parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
    )


def say(**facts: Any) -> None:
    """One line for the caller."""
    print(json.dumps(facts), flush=True)


def start(run: Run, plan: Plan) -> Loaded:
    """The run's starting weights as they are stored, with a fresh head drawn from its seed."""
    spec = plan.spec
    return plan.family.load(
        LoadRequest(
            folder=build.start_folder(run, plan),
            architecture=spec.source.location,
            head=plan.task.head,
            labels=spec.labels,
            seed=spec.training.seed,
            dropout=spec.training.dropout,
            image_size=spec.training.image_size or 224,
        )
    )


def tuned(plan: Plan, model: Any, request: Request, steps: int) -> tuple[Any, float]:
    """The network with the run's method applied, and the learning rate: the head's where only the head is trained."""
    final = {id(parameter) for parameter in plan.family.classifier(model).parameters()}
    names = tuple(name for name, parameter in model.named_parameters() if id(parameter) in final)
    torch.manual_seed(plan.training.seed)
    parts = Parts(names, plan.family.anchors(model), plan.family.spine(model), steps, plan.task.head)
    model = plan.method.wrap(model, parts, plan.method_options)
    head_only = all(name in names for name, parameter in model.named_parameters() if parameter.requires_grad)
    return model, request.head_rate if head_only else request.rate


def total_steps(plan: Plan, request: Request, rows: int) -> int:
    steps = math.ceil(rows / plan.training.batch_size) * request.epochs
    return min(steps, plan.training.max_steps or steps)


def arguments(plan: Plan, request: Request, rows: int, scratch: str) -> TrainingArguments:
    """The run's settings under Trainer's names; everything else is Trainer's default, and it writes nothing."""
    params = plan.training
    steps = total_steps(plan, request, rows)
    whole = params.max_steps is None or steps < params.max_steps
    return TrainingArguments(
        output_dir=scratch,
        num_train_epochs=request.epochs,
        max_steps=-1 if whole else steps,
        per_device_train_batch_size=params.batch_size,
        learning_rate=request.rate,
        lr_scheduler_type=SCHEDULES.get(params.schedule or "linear", "linear"),
        warmup_steps=params.warmup,  # below 1 it is a share of the steps
        weight_decay=params.weight_decay or 0.0,
        max_grad_norm=params.gradient_clip,
        label_smoothing_factor=params.label_smoothing or 0.0,
        seed=params.seed,
        use_cpu=plan.spec.device == "cpu" or not torch.cuda.is_available(),
        bf16=request.tuned or torch.cuda.is_available(),
        train_sampling_strategy="group_by_length" if request.tuned else "random",
        label_names=["labels"],  # not found by itself beneath an adapter
        remove_unused_columns=plan.task.head is not Head.IMAGE_CLASSIFICATION,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )


def prepare(plan: Plan, folder: Path, processor: Any, request: Request) -> Prepared:
    """Every split as examples, padded batch by batch (texts) or put through the image processor (images)."""
    splits = [chosen(store.columns(folder, split), request.rows, plan) for split in ("train", "valid", "test")]
    match plan.task.head:
        case Head.SEQUENCE_CLASSIFICATION:
            texts = [sequences(rows, processor, request.max_length) for rows in splits]
            return Prepared(texts[0], texts[1], texts[2], DataCollatorWithPadding(processor))
        case Head.TOKEN_CLASSIFICATION:
            texts = [words(rows, processor, request.max_length) for rows in splits]
            return Prepared(texts[0], texts[1], texts[2], DataCollatorForTokenClassification(processor))
        case Head.IMAGE_CLASSIFICATION:
            changes = CHANGES[plan.training.augment]
            size = plan.training.image_size or 224
            parts = [
                Pictures(resized(np.asarray(rows["image"]), size), rows["label"], change)
                for rows, change in zip(splits, (changes, unchanged, unchanged), strict=True)
            ]
            return Prepared(parts[0], parts[1], parts[2], picture_collator(processor))  # type: ignore[arg-type]
        case Head.MASKED_LANGUAGE_MODELING:
            raise SystemExit("Hidden words are compared with the network before, which the run itself says.")
        case Head.QUESTION_ANSWERING:
            raise SystemExit(
                "Trainer has no loop of its own for answers in texts, so there is nothing to compare with."
            )


def chosen(rows: Mapping[str, Sequence[Any]], count: int | None, plan: Plan) -> Mapping[str, Sequence[Any]]:
    """All rows, or `count` of them drawn from the seed."""
    total = len(rows[plan.task.target.name])
    if count is None or count >= total:
        return rows
    places = np.sort(np.random.default_rng(plan.training.seed).permutation(total)[:count])
    return {name: [values[i] for i in places] for name, values in rows.items()}


def sequences(rows: Mapping[str, Sequence[Any]], tokenizer: Any, max_length: int | None) -> list[Example]:
    encoding = tokenizer(list(rows["text"]), truncation=True, max_length=max_length)
    return [
        {**{name: values[i] for name, values in encoding.items()}, "label": label}
        for i, label in enumerate(rows["label"])
    ]


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


def score(plan: Plan, predicted: Any) -> dict[str, float]:
    """The task's own metrics of what Trainer predicted."""
    logits, targets = torch.from_numpy(predicted.predictions), torch.from_numpy(predicted.label_ids)
    found = plan.task.outputs(logits, targets)
    return plan.task.score(plan.task.judge(found, list(predicted.label_ids), plan.spec.labels))


if __name__ == "__main__":
    main(sys.argv[1])
