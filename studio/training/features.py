"""What the frozen network says of each example, computed once; and the best linear layer on top of it.

The features of an example are what the network's final linear layer reads. They serve three purposes: the warm head (a
linear probe before fine-tuning, Kumar et al. 2022, arXiv:2202.10054), the frozen-probe baseline, and head-only tuning,
whose epochs then cost next to nothing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from studio.arrays import Array, Batch, Encoded, Integers, Ragged
from studio.contracts import Task
from studio.training import evaluate
from studio.training.device import Device
from studio.training.setup import Setup

NAME = "features"
BUDGET = 1_000_000  # positions of one micro-batch of features: they are small
STRENGTHS = (1e-3, 3e-4, 1e-4)  # L2 pulls tried; the validation rows choose
STRONG = 0.5
MOST_WORK = 4e12  # multiplications spent on one fit: bounds the time for very many classes or rows
MOST_ITERATIONS = 100


class HeadOnly(nn.Module):
    """The final linear layer as a model of its own, on features."""

    def __init__(self, classifier: nn.Linear) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, features: torch.Tensor) -> Logits:
        return Logits(self.classifier(features))


@dataclass(frozen=True)
class Logits:
    """Outputs as transformers' models give them, with logits alone."""

    logits: torch.Tensor


def compute(setup: Setup, encoded: Encoded) -> Encoded:
    """The examples with float32 features as inputs: [n, width], or one [positions, width] array per example."""
    task, seen = setup.plan.task, list[torch.Tensor]()
    classifier = setup.plan.family.classifier(setup.network)
    hook = classifier.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        # The task reads rows of logits out of a batch; given features instead, it reads rows of features.
        reader = replace(task, outputs=lambda _, targets: task.outputs(seen.pop(), targets), loss=_no_loss)
        found, _ = evaluate.outputs_of_all(setup, setup.network, reader, encoded)
    finally:
        hook.remove()
    if isinstance(encoded.targets, Ragged):
        targets = Ragged.of(evaluate.targets_of(encoded))
        return Encoded({NAME: Ragged.of(found, np.float32)}, targets, targets.lengths)
    dense = np.stack(found).astype(np.float32) if found else np.zeros((0, classifier.in_features), np.float32)
    return Encoded({NAME: dense}, encoded.targets, np.ones(len(encoded), dtype=np.int64))


def _no_loss(logits: torch.Tensor, targets: torch.Tensor, options: Any) -> torch.Tensor:
    return torch.zeros(())


def collate(encoded: Encoded, indices: Integers) -> Batch:
    """A batch of features: [n, width], or padded [n, positions, width] with targets of -100 where nothing is."""
    features, targets = encoded.inputs[NAME], encoded.targets
    if isinstance(features, Ragged) and isinstance(targets, Ragged):
        rows = [torch.from_numpy(np.ascontiguousarray(features[int(i)])) for i in indices]
        wanted = [torch.from_numpy(targets[int(i)]) for i in indices]
        padded = nn.utils.rnn.pad_sequence(wanted, batch_first=True, padding_value=-100)
        return Batch(
            {NAME: nn.utils.rnn.pad_sequence(rows, batch_first=True)}, padded, int(sum(len(row) for row in wanted))
        )
    block = torch.from_numpy(np.asarray(features)[indices])
    return Batch({NAME: block}, torch.from_numpy(np.asarray(targets)[indices]), len(indices))


def fit(
    classifier: nn.Linear,
    train: Encoded,
    valid: Encoded,
    task: Task,
    labels: tuple[str, ...],
    weights: torch.Tensor | None,
) -> float:
    """Set the layer to the best linear classifier of the training features; returns the strength that was chosen.

    Multinomial logistic regression by L-BFGS on standardised features, once for each of a few strengths of L2, each
    starting from the last; the task's main metric on the validation rows chooses.
    """
    features, targets = _positions(train)
    mean = features.mean(0)
    # What varies by less than a hundredth of its size is rounding (bf16 has three digits): it must not be blown up.
    floor = 0.01 * features.square().mean(0).sqrt() + 1e-6
    deviation = torch.maximum(features.std(0), floor)
    standard = (features - mean) / deviation
    trial = nn.Linear(classifier.in_features, classifier.out_features)
    fitted = torch.zeros(classifier.out_features, classifier.in_features + 1)
    best_value, best_strength = float("-inf"), 0.0
    for strength in STRENGTHS:
        fitted = _regression(standard, targets, fitted, strength, weights)
        _set(trial, fitted, mean, deviation)
        value = _value(trial, valid, task, labels)
        if value > best_value:
            best_value, best_strength = value, strength
            classifier.load_state_dict(trial.state_dict())
    return best_strength


def strong(classifier: nn.Linear, train: Encoded, valid: Encoded, task: Task, labels: tuple[str, ...]) -> bool:
    """Whether the fitted layer closes at least half of the gap that always guessing leaves, on the validation rows.

    A layer that knows little has been fitted to the end all the same: its large weights make every small change of the
    network below a large change of its answers, and training from there is worse than from a random layer.
    """
    guesses, _ = evaluate.majority(train, valid, len(labels))
    guessed = task.score(guesses, evaluate.targets_of(valid), labels)[task.metric]
    return _value(copy.deepcopy(classifier).cpu(), valid, task, labels) - guessed >= STRONG * (1.0 - guessed)


def _regression(
    features: torch.Tensor, targets: torch.Tensor, start: torch.Tensor, strength: float, weights: torch.Tensor | None
) -> torch.Tensor:
    """Weights and bias [classes, width + 1] that minimise cross entropy plus `strength` times their squares."""
    parameters = start.clone().requires_grad_(True)
    work = 6.0 * features.shape[0] * parameters.numel()
    iterations = max(5, min(MOST_ITERATIONS, int(MOST_WORK / work)))
    optimizer = torch.optim.LBFGS(
        [parameters], max_iter=iterations, history_size=20, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = functional.linear(features, parameters[:, :-1], parameters[:, -1])
        value = functional.cross_entropy(logits, targets, weight=weights) + strength * parameters[:, :-1].square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return parameters.detach()


def _positions(encoded: Encoded) -> tuple[torch.Tensor, torch.Tensor]:
    """All labelled positions as [m, width] features and [m] targets."""
    features, targets = encoded.inputs[NAME], encoded.targets
    values: Array = features.values if isinstance(features, Ragged) else np.asarray(features)
    wanted: Array = targets.values if isinstance(targets, Ragged) else np.asarray(targets)
    return torch.from_numpy(values), torch.from_numpy(wanted)


def _set(layer: nn.Linear, fitted: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> None:
    """Fold the standardisation into the layer, so that it reads plain features."""
    with torch.no_grad():
        layer.weight.copy_(fitted[:, :-1] / deviation)
        layer.bias.copy_(fitted[:, -1] - layer.weight @ mean)


def _value(classifier: nn.Linear, valid: Encoded, task: Task, labels: tuple[str, ...]) -> float:
    """The main metric of the layer on validation features."""
    device = Device("cpu", "", "fp32")
    found, _ = evaluate.outputs(HeadOnly(classifier), valid, collate, task, device, BUDGET)
    return task.score(found, evaluate.targets_of(valid), labels)[task.metric]
