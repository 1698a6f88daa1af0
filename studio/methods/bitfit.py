"""Biases alone are trained, and the final layer (Ben Zaken et al. 2022, arXiv:2106.10199)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved, brought


def wrap(model: Any, parts: Parts, options: Options) -> Any:
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.endswith(".bias") or brought(name, parts))
    return model


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


METHOD = Method(
    name="bitfit",
    label="BitFit",
    summary="Trains the biases and the final layer: very few numbers, and often close to full where rows are few.",
    learning_rate={Modality.TEXT: 7e-4, Modality.IMAGE: 3e-3},
    head_learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.01, Modality.IMAGE: 1e-4},
    saved=Saved.WHOLE,
    trained_share=0.005,
    ignores=("batch_norm",),  # convolutions have no biases: held, it would leave nothing to train but the final layer
    wrap=wrap,
    restore=restore,
)
