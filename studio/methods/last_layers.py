"""The last blocks of a network are trained, and what lies below stays and is computed once per example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved, within


class LastLayersOptions(Options):
    layers: int = Field(
        2, ge=1, le=64, description="Blocks that are trained, counted from the output; all below them stay as they are."
    )


def wrap(model: Any, parts: Parts, options: LastLayersOptions) -> Any:
    spine = parts.spine
    frozen = (*spine.stem, *spine.shared, *spine.blocks[: -options.layers])
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not within(name, frozen))
    return model


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    return load_saved()


METHOD = Method(
    name="last_layers",
    label="Last layers",
    summary="Trains the upper blocks and asks the lower ones once: nearly full, at a fraction of the time per epoch.",
    options=LastLayersOptions,
    learning_rate={Modality.TEXT: 3e-5, Modality.IMAGE: 1e-4},
    head_learning_rate={Modality.TEXT: 1.5e-4, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.01, Modality.IMAGE: 1e-4},
    saved=Saved.WHOLE,
    trained_share=0.3,
    ignores=("augment",),
    wrap=wrap,
    restore=restore,
)
