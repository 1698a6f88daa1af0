"""What the frozen network says of each example, computed once; and the best linear layer on top of it.

The features of an example are what the network's final linear layer reads. They serve three purposes: the warm head (a
linear probe before fine-tuning, Kumar et al. 2022, arXiv:2202.10054), the frozen-probe baseline, and head-only tuning,
whose epochs then cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from studio.arrays import Array, Batch, Encoded, Integers, LossOptions, Ragged
from studio.contracts import Task
from studio.training import evaluate
from studio.training.device import Device
from studio.training.setup import Setup

NAME = "features"
BUDGET = 1_000_000  # positions of one micro-batch of features: they are small
STRENGTHS = (1e-1, 1e-2, 1e-3, 3e-4, 1e-4)  # L2 pulls tried; the validation rows choose
WORTH = 0.5  # share of the loss of guessing that a layer must be below to be what training begins with
NOISY_ROWS = 1000  # validation rows that are looked at as training sees them
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


class Restless(nn.Module):
    """The network as training sees it, dropout and all, for a look at what it says. Statistics stay as they are."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def train(self, mode: bool = True) -> Restless:
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def forward(self, **inputs: Any) -> Any:
        return self.network(**inputs)


def compute(setup: Setup, encoded: Encoded) -> Encoded:
    """The examples with float32 features as inputs: [n, width], or one [positions, width] array per example."""
    return _computed(setup, setup.network, encoded)


def noisy(setup: Setup) -> Encoded:
    """The features of some validation rows as training sees them; the same draws for the same seed."""
    valid = setup.encoded["valid"]
    torch.manual_seed(setup.team.seed(setup.plan.training.seed))
    return _computed(setup, Restless(setup.network), valid.take(np.arange(min(len(valid), NOISY_ROWS))))


def _computed(setup: Setup, network: Any, encoded: Encoded) -> Encoded:
    task, seen = setup.plan.task, list[torch.Tensor]()
    classifier = setup.plan.family.classifier(setup.network)
    hook = classifier.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        # The task reads rows of logits out of a batch; given features instead, it reads rows of features.
        reader = replace(task, outputs=lambda _, targets: task.outputs(seen.pop(), targets), loss=_no_loss)
        found, _ = evaluate.outputs_of_all(setup, network, reader, encoded)
    finally:
        hook.remove()
    if isinstance(encoded.targets, Ragged):
        targets = Ragged.of(evaluate.answered(encoded))
        return Encoded({NAME: Ragged.of(found, np.float32)}, targets, targets.lengths, notes=encoded.notes)
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
    return Batch({NAME: block}, torch.from_numpy(np.asarray(targets)[indices]), encoded.labelled(indices))


@dataclass(frozen=True)
class Prior:
    """Where a fit begins, and what it is pulled to: `weight` [classes, seen] on features [n, width] that are seen as
    `features @ turn + shift`. What is pulled is the weight on what is seen, so a fit turns first to where rows differ
    most as they are seen."""

    turn: torch.Tensor
    shift: torch.Tensor
    weight: torch.Tensor

    def layer(self, bias: torch.Tensor | None = None) -> nn.Linear:
        """The layer that reads plain features."""
        width, classes = len(self.turn), len(self.weight)
        layer = nn.Linear(width, classes).requires_grad_(False)
        layer.weight.copy_(self.weight @ self.turn.T)
        layer.bias.copy_(self.weight @ self.shift + (0 if bias is None else bias))
        return layer


def fits(
    train: Encoded,
    classes: int,
    weights: torch.Tensor | None,
    strengths: Sequence[float] = STRENGTHS,
    prior: Prior | None = None,
) -> list[nn.Linear]:
    """The best linear classifiers of the training features, one for each of some strengths of L2, strongest first.
    It pulls towards zero on standardised features, or as `prior` says.

    Multinomial logistic regression by L-BFGS, each starting from the last; where classes do not exclude each other, a
    logistic regression for each class.
    """
    features, targets = positions(train)
    prior = prior or standardised(features, classes)
    seen = features @ prior.turn + prior.shift
    pulled_to = functional.pad(prior.weight, (0, 1))
    fitted, layers = pulled_to, []
    for strength in strengths:
        fitted = _regression(seen, targets, (fitted, pulled_to), strength, weights)
        layers.append(replace(prior, weight=fitted[:, :-1]).layer(fitted[:, -1]))
    return layers


def standardised(features: torch.Tensor, classes: int) -> Prior:
    """Features [n, width] with mean 0 and deviation 1, and weights of 0 on them."""
    mean, spread = features.mean(0), features.std(0)
    # What varies by less than a hundredth of its size is rounding (bf16 has three digits), and what hardly varies
    # beside the other features would get a weight that makes every change of it too loud: neither is blown up.
    floor = torch.maximum(0.01 * features.square().mean(0).sqrt(), 0.1 * spread.square().mean().sqrt()) + 1e-6
    deviation = torch.maximum(spread, floor)
    return Prior(torch.diag(1 / deviation), -mean / deviation, torch.zeros(classes, len(mean)))


def best(layers: Sequence[nn.Linear], valid: Encoded, task: Task, labels: tuple[str, ...]) -> nn.Linear:
    """The one with the highest main metric on validation features: what the network knows as it is."""
    return max(layers, key=lambda layer: _value(layer, valid, task, labels))


def steadiest(layers: Sequence[nn.Linear], noisy: Encoded, train: Encoded, task: Task) -> nn.Linear | None:
    """The one with the lowest loss on features as training sees them; None if that is above half the loss of guessing.

    A layer that was fitted to features at rest may rely on small differences that drown in dropout. Training from it
    begins with losses far above guessing, and never makes up for that.
    """
    features, targets = positions(noisy)
    count = max(1, noisy.labelled(np.arange(len(noisy))))
    losses = [float(task.loss(layer(features), targets, LossOptions())) / count for layer in layers]
    guessed = evaluate.majority(task, train, noisy, layers[0].out_features)[1]
    lowest = min(losses)
    return layers[losses.index(lowest)] if lowest < WORTH * guessed else None


def _regression(
    features: torch.Tensor,
    targets: torch.Tensor,
    places: tuple[torch.Tensor, torch.Tensor],
    strength: float,
    weights: torch.Tensor | None,
) -> torch.Tensor:
    """Weights and bias [classes, width + 1] that minimise cross entropy plus `strength` times the squares of how far
    the weights are from the second of `places`; the search begins at the first. `targets` are class ids [m], or a yes
    or no for each class [m, classes]: then each class is fitted as if it were alone."""
    start, pulled_to = places
    parameters = start.clone().requires_grad_(True)
    work = 6.0 * features.shape[0] * parameters.numel()
    iterations = max(5, min(MOST_ITERATIONS, int(MOST_WORK / work)))
    optimizer = torch.optim.LBFGS(
        [parameters], max_iter=iterations, history_size=20, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = functional.linear(features, parameters[:, :-1], parameters[:, -1])
        if targets.ndim == 2:
            wrong = functional.binary_cross_entropy_with_logits(logits, targets.float(), reduction="sum") / len(targets)
        else:
            wrong = functional.cross_entropy(logits, targets, weight=weights)
        value = wrong + strength * (parameters - pulled_to)[:, :-1].square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return parameters.detach()


def positions(encoded: Encoded) -> tuple[torch.Tensor, torch.Tensor]:
    """All labelled positions as [m, width] features and [m] targets."""
    features, targets = encoded.inputs[NAME], encoded.targets
    values: Array = features.values if isinstance(features, Ragged) else np.asarray(features)
    wanted: Array = targets.values if isinstance(targets, Ragged) else np.asarray(targets)
    return torch.from_numpy(values), torch.from_numpy(wanted)


def _value(classifier: nn.Linear, valid: Encoded, task: Task, labels: tuple[str, ...]) -> float:
    """The main metric of the layer on validation features."""
    device = Device("cpu", "", "fp32")
    found, _ = evaluate.outputs(HeadOnly(classifier), valid, collate, task, device, BUDGET)
    return task.score(task.judge(found, evaluate.targets_of(valid), labels))[task.metric]
