"""What tasks with one class per row share: loss, outputs, score and answer. Knows neither texts nor images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from studio.arrays import Array, LossOptions

IGNORED = -100  # the class id of a position without a label; torch's cross entropy skips it
METRIC = "macro_f1"
METRICS = ("accuracy", "macro_f1")
SHOWN = 5  # classes listed with a prediction


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, options: LossOptions) -> torch.Tensor:
    """Summed cross entropy of logits [..., classes] against class ids [...]; ids of -100 count for nothing.

    A class weight multiplies the whole loss of the targets of that class. torch's own weights would also weigh the
    smoothed share of every other class, which pulls common classes towards rare ones.
    """
    from torch.nn import functional

    wanted = targets.flatten()
    losses = functional.cross_entropy(
        logits.float().flatten(0, -2),
        wanted,
        label_smoothing=options.label_smoothing,
        ignore_index=IGNORED,
        reduction="none",
    )
    if options.class_weights is not None:
        losses = losses * options.class_weights[wanted.clamp(min=0)]
    return losses.sum()


def row_outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [classes] array per row."""
    return list(logits.float().cpu().numpy())


def judge(outputs: Sequence[Array], targets: Sequence[Array], labels: Sequence[str]) -> Array:
    """The answered and the wanted class of each row [n, 2]."""
    return np.stack([np.argmax(np.stack(outputs), axis=-1), np.asarray(targets)], axis=-1)


def score(judged: Array) -> dict[str, float]:
    """Accuracy and macro F1: the mean of F1 over the classes that occur among targets or predictions."""
    predicted, wanted = judged[:, 0], judged[:, 1]
    hits = predicted == wanted
    size = int(judged.max()) + 1
    answered, asked = np.bincount(predicted, minlength=size), np.bincount(wanted, minlength=size)
    occurs = answered + asked > 0
    f1 = 2 * np.bincount(wanted[hits], minlength=size)[occurs] / (answered + asked)[occurs]
    return {"accuracy": float(hits.mean()), "macro_f1": float(f1.mean())}


def decode(output: Array, target: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The most likely class with its probability, and the runners-up."""
    probabilities = softmax(output)
    order = np.argsort(-probabilities)[:SHOWN]
    top = [{"label": labels[i], "score": float(probabilities[i])} for i in order]
    return {"label": top[0]["label"], "score": top[0]["score"], "top": top}


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis, in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
