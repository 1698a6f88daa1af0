"""Outputs and metrics of a model on a split, by length bucket; majority baseline; intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from studio.arrays import Array, Batch, Encoded, Integers, LossOptions
from studio.contracts import Task
from studio.training.batches import micro_batches
from studio.training.device import Device, moved

Collate = Callable[[Encoded, Integers], Batch]
EXAMPLES = 256  # most examples of one forward pass
RESAMPLES = 200


def outputs(
    model: Any, encoded: Encoded, collate: Collate, task: Task, device: Device, budget: int
) -> tuple[list[Array], float]:
    """One output array per example, in the order of the examples, and the mean loss per labelled target.

    The model is left in evaluation mode. Runs in float32 unless `device.precision` says bf16.
    """
    model.eval()
    found: list[Array] = [np.zeros(0)] * len(encoded)
    total, count = 0.0, 0
    with torch.inference_mode(), autocast(device):
        for indices in _buckets(encoded, budget):
            batch = collate(encoded, indices)
            targets = batch.targets.to(device.torch)
            logits = model(**moved(batch.inputs, device)).logits
            total += float(task.loss(logits, targets, LossOptions()))
            count += batch.count
            for index, output in zip(indices, task.outputs(logits, targets), strict=True):
                found[int(index)] = output
    return found, total / max(1, count)


def _buckets(encoded: Encoded, budget: int) -> list[Integers]:
    """All examples, longest first, so that memory runs out at once or not at all."""
    order = np.argsort(-encoded.lengths, kind="stable")
    parts = [order[i : i + EXAMPLES] for i in range(0, len(order), EXAMPLES)]
    return [piece for part in parts for piece in reversed(micro_batches(part, encoded.lengths, budget))]


def autocast(device: Device) -> Any:
    """bf16 arithmetic where the device's precision says so."""
    if device.precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def metrics(task: Task, found: Sequence[Array], encoded: Encoded, labels: Sequence[str], loss: float) -> dict[str, Any]:
    """The task's metrics with `loss` and `n`, the number of rows they were computed on."""
    if not len(encoded):
        return {"n": 0}
    return {**task.score(found, targets_of(encoded), labels), "loss": loss, "n": len(encoded)}


def targets_of(encoded: Encoded) -> list[Array]:
    """The labelled targets of each example, aligned with its outputs."""
    if isinstance(encoded.targets, np.ndarray):
        return list(encoded.targets)
    return [row[row >= 0] for row in encoded.targets]


def majority(train: Encoded, encoded: Encoded, classes: int) -> tuple[list[Array], float]:
    """What always guessing by the class shares of the training rows would give: outputs and mean loss."""
    shares = np.bincount(_flat(train), minlength=classes).astype(np.float64)
    prior = np.log((shares + 1e-9) / (shares.sum() + 1e-9 * classes))
    found = [np.broadcast_to(prior, (*np.shape(target), classes)) for target in targets_of(encoded)]
    flat = _flat(encoded)
    return found, float(-prior[flat].mean()) if len(flat) else 0.0


def _flat(encoded: Encoded) -> Integers:
    values = encoded.targets if isinstance(encoded.targets, np.ndarray) else encoded.targets.values
    return values[values >= 0]


def class_weights(train: Encoded, classes: int) -> torch.Tensor:
    """Weights [classes] that make every class count the same in sum; their mean over the training targets is 1."""
    counts = np.maximum(1, np.bincount(_flat(train), minlength=classes))
    weights = counts.sum() / (classes * counts)
    return torch.tensor(weights, dtype=torch.float32)


def interval(task: Task, found: Sequence[Array], encoded: Encoded, labels: Sequence[str], seed: int) -> list[float]:
    """A 95 % interval of the main metric: percentile bootstrap over rows (Efron 1979)."""
    wanted, random = targets_of(encoded), np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(wanted), len(wanted))
        values.append(task.score([found[i] for i in rows], [wanted[i] for i in rows], labels)[task.metric])
    return [float(v) for v in np.percentile(values, [2.5, 97.5])]
