"""Every weight is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved


def wrap(model: Any, parts: Parts, options: Options) -> Any:
    return model.requires_grad_(True)


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


METHOD = Method(
    name="full",
    label="Full",
    summary="Trains every weight: the best result when there are enough rows, at the highest cost in memory.",
    learning_rate={Modality.TEXT: 3e-5, Modality.IMAGE: 1e-4},
    head_learning_rate={Modality.TEXT: 1.5e-4, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.01, Modality.IMAGE: 1e-4},
    saved=Saved.WHOLE,
    wrap=wrap,
    restore=restore,
)
