"""No labelled row: a text goes to the label whose name, read as words, is nearest in meaning. Nothing is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.contracts import Family, Modality, Options, Task
from studio.tuning import Method, Parts, Saved, nameless


def wrap(model: Any, parts: Parts, options: Options) -> Any:
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in parts.classifier)  # the layer that is given, and kept
    return model


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


def obstacle(task: Task, family: Family) -> str | None:
    return nameless(task)


METHOD = Method(
    name="zero_shot",
    label="Zero-shot",
    summary="Trains nothing: goes by what the names of the labels mean. For a first look, or rows without labels.",
    learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    head_learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 1, Modality.IMAGE: 1},
    weight_decay={Modality.TEXT: 0.0, Modality.IMAGE: 0.0},
    saved=Saved.WHOLE,
    trained_share=0.0,
    ignores=(
        *("epochs", "max_steps", "max_minutes", "finish_by", "early_stopping", "evaluations", "batch_size"),
        *("learning_rate", "head_learning_rate", "layer_decay", "optimizer", "schedule", "warmup", "gradient_clip"),
        *("weight_decay", "l1", "label_smoothing", "dropout", "attention_dropout", "class_weights", "augment"),
        *("warm_head", "batch_norm", "label_names", "rate_trials", "checkpoint_minutes", "log_every", "log_histograms"),
    ),
    wrap=wrap,
    restore=restore,
    obstacle=obstacle,
)
