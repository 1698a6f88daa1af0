"""Train a run's network once more with transformers' own Trainer, as its documentation shows it.

Started by against_trainer.py with a request as JSON; prints one JSON line at the end of each phase, so that the time
can be taken from outside. Knows nothing of the studio's results: it reads the run's spec and its dataset, no more, and
leaves nothing behind. What the studio adds is left out: no warm head, no mended pooler, one learning rate for
all weights, no validation on the way, the weights of the last step; and, unless it is to be `tuned`, no bf16.

For answers in texts and hidden words Trainer is given the studio's windows, masks and losses, since it has none of
its own: what differs there is how training goes on.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from plain_rows import CUSTOM, Numbered, Prepared, prepare
from transformers import PrinterCallback, Trainer, TrainingArguments

from studio import processes
from studio.arrays import LossOptions
from studio.contracts import Head, Loaded, LoadRequest
from studio.plan import Plan, unfold
from studio.runs.store import Run
from studio.training import build, device, evaluate, worker
from studio.tuning import Parts

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


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


class Custom(Trainer):
    """Trainer with a task's own loss, the way its documentation says."""

    def __init__(self, plan: Plan, **given: Any) -> None:
        super().__init__(**given)
        self._plan = plan

    def compute_loss(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> torch.Tensor:
        targets, labelled = inputs.pop("labels"), inputs.pop("labelled")
        options = LossOptions(label_smoothing=self._plan.training.label_smoothing or 0.0)
        return self._plan.task.loss(model(**inputs).logits, targets, options) / max(1, int(labelled))


def main(argument: str) -> None:
    request = Request(**json.loads(argument))
    processes.step_back(worker.COURTESY)
    say(phase="imports")
    run = Run(Path(request.folder))
    plan = unfold(run.spec())
    loaded = start(run, plan)
    folder = build.dataset_folder(run, plan)
    prepared = prepare(plan, folder, loaded.processor, request.max_length, request.rows)
    with tempfile.TemporaryDirectory() as scratch:
        model, rate = tuned(plan, loaded.model, request, total_steps(plan, request, len(prepared.train)))
        settings = arguments(plan, replace(request, rate=rate), len(prepared.train), scratch)
        given = {"model": model, "args": settings, "train_dataset": prepared.train, "data_collator": prepared.collator}
        trainer = Custom(plan, **given) if plan.task.head in CUSTOM else Trainer(**given)
        trainer.remove_callback(PrinterCallback)  # our output belongs to the caller
        say(phase="loading")
        trainer.train()
        say(phase="training")
        metrics = score(plan, trainer, loaded.processor, prepared, prepared.test)
        say(phase="testing")
        valid = None
        if request.validated:
            valid = score(plan, trainer, loaded.processor, prepared, prepared.valid)
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
        remove_unused_columns=plan.task.head not in {Head.IMAGE_CLASSIFICATION, *CUSTOM},
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )


def score(plan: Plan, trainer: Any, processor: Any, prepared: Prepared, rows: Any) -> dict[str, float]:
    """The task's own metrics of what Trainer's network says of these rows. Thresholds and the like are chosen on the
    validation rows."""
    task = plan.task
    if task.choose is not None:
        task = task.settled(task.choose(*said(plan, trainer, processor, prepared.valid), plan.spec.labels))
    return task.score(task.judge(*said(plan, trainer, processor, rows), plan.spec.labels))


def said(plan: Plan, trainer: Any, processor: Any, rows: Any) -> tuple[list[Any], Sequence[Any]]:
    """Outputs for these rows, and what is true of them."""
    if isinstance(rows, Numbered):
        where = device.choose(plan.spec.device, "fp32", None)
        collate = build.collate_with(plan, processor, where)
        budget = build.TOKENS_PER_MICRO_BATCH[where.type]
        found, _ = evaluate.outputs(trainer.model, rows.encoded, collate, plan.task, where, budget)
        return found, evaluate.targets_of(rows.encoded)
    predicted = trainer.predict(rows)
    logits, targets = torch.from_numpy(predicted.predictions), torch.from_numpy(predicted.label_ids)
    return plan.task.outputs(logits, targets), list(predicted.label_ids)


if __name__ == "__main__":
    main(sys.argv[1])
