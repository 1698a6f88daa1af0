"""Only the final layer is trained, on features of the frozen network that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.contracts import Family, Head, Modality, Options, Task
from studio.tuning import Method, Parts, Saved


def wrap(model: Any, parts: Parts, options: Options) -> Any:
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in parts.classifier)
    return model


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


def obstacle(task: Task, family: Family) -> str | None:
    if task.head is not Head.MASKED_LANGUAGE_MODELING:
        return None
    return f"The final layer alone cannot be trained for {task.label.lower()}: it is the table of the words' vectors."


METHOD = Method(
    name="head",
    label="Head only",
    summary="Trains the final layer alone: done in about a minute, and hard to get wrong with few rows.",
    learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    head_learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 10, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 1e-4, Modality.IMAGE: 1e-4},
    saved=Saved.WHOLE,
    trained_share=0.001,
    # The head has a rate of its own, and reads unchanged features.
    ignores=("learning_rate", "layer_decay", "dropout", "attention_dropout", "augment"),
    wrap=wrap,
    restore=restore,
    obstacle=obstacle,
)
