"""Outputs and metrics of a model on a split, by length bucket; majority baseline; intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load, save

from studio import margins
from studio.arrays import Array, Batch, Encoded, Integers, LossOptions
from studio.contracts import Answer, Task
from studio.training.batches import micro_batches
from studio.training.device import Device, moved, there
from studio.training.setup import Setup

Collate = Callable[[Encoded, Integers], Batch]
Say = Callable[[Encoded], tuple[list[Array], float]]  # outputs and mean loss of some examples
EXAMPLES = 256  # most examples of one forward pass
RESAMPLES = 1000
_WHOLE = (Answer.LABEL, Answer.EXCERPT)  # a row is one answer: where the metric is 1 all rows are right, at 0 none is


def outputs(
    model: Any, encoded: Encoded, collate: Collate, task: Task, device: Device, budget: int
) -> tuple[list[Array], float]:
    """One output array per example, in the order of the examples, and the mean loss per labelled target.

    The model is left in evaluation mode. Runs in float32 unless `device.precision` says bf16.
    """
    found, total, count = _passed(model, encoded, buckets(encoded, budget, device), collate, task, device)
    return [found[index] for index in range(len(encoded))], total / max(1, count)


def outputs_of_all(setup: Setup, model: Any, task: Task, encoded: Encoded) -> tuple[list[Array], float]:
    """The same with what training works with: each process of the team does its share, and all get everything."""
    team = setup.team
    if team.size == 1:
        return outputs(model, encoded, setup.collate, task, setup.device, setup.token_budget)
    team.align(model)
    pieces = buckets(encoded, setup.token_budget, setup.device, team.rank, team.size)
    found, total, count = _passed(model, encoded, pieces, setup.collate, task, setup.device)
    told = [load(content) for content in team.gathered(_packed(found, total, count))]
    everything = {index: output for part in told for index, output in _unpacked(part)}
    total, count = (sum(part["sums"][place] for part in told) for place in (0, 1))
    return [everything[index] for index in range(len(encoded))], float(total / max(1, count))


def _packed(found: dict[int, Array], total: float, count: int) -> bytes:
    """A share of the outputs as safetensors: indices, the arrays' shapes, all their values; loss and targets."""
    return save(
        {
            "indices": np.array(list(found), dtype=np.int64),
            "shapes": np.array([output.shape for output in found.values()], dtype=np.int64),
            "values": np.concatenate([np.ravel(output) for output in found.values()] or [np.zeros(0)]),
            "sums": np.array([total, count], dtype=np.float64),
        }
    )


def _unpacked(part: dict[str, Array]) -> Iterator[tuple[int, Array]]:
    ends: Any = np.cumsum(part["shapes"].prod(axis=1, dtype=np.int64)) if len(part["indices"]) else []
    start = 0
    for index, shape, end in zip(part["indices"], part["shapes"], ends, strict=True):
        yield int(index), part["values"][start:end].reshape(shape)
        start = end


def _passed(
    model: Any, encoded: Encoded, pieces: list[Integers], collate: Collate, task: Task, device: Device
) -> tuple[dict[int, Array], float, int]:
    """Outputs by index, summed loss, number of labelled targets."""
    model.eval()
    found: dict[int, Array] = {}
    total, count = 0.0, 0
    with torch.inference_mode(), autocast(device):
        for indices in pieces:
            batch = collate(encoded, indices)
            targets = there(batch.targets, device)
            logits = model(**moved(batch.inputs, device)).logits
            total += float(task.loss(logits, targets, LossOptions()))
            count += batch.count
            for index, output in zip(indices, task.outputs(logits, targets), strict=True):
                found[int(index)] = output
    return found, total, count


def buckets(encoded: Encoded, budget: int, device: Device, rank: int = 0, size: int = 1) -> list[Integers]:
    """All examples, or every size-th, longest first, so that memory runs out at once or not at all."""
    order = np.argsort(-encoded.lengths, kind="stable")[rank::size]
    parts = [order[i : i + EXAMPLES] for i in range(0, len(order), EXAMPLES)]
    cut = [micro_batches(part, encoded.lengths, budget, device.call_cost) for part in parts]
    return [piece for pieces in cut for piece in reversed(pieces)]


def autocast(device: Device) -> Any:
    """bf16 arithmetic where the device's precision says so."""
    if device.precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def metrics(task: Task, found: Sequence[Array], encoded: Encoded, labels: Sequence[str], loss: float) -> dict[str, Any]:
    """The task's metrics with `loss` and `n`, the number of rows they were computed on."""
    if not len(encoded):
        return {"n": 0}
    return {**task.score(task.judge(found, targets_of(encoded), labels)), "loss": loss, "n": len(encoded)}


def tested(task: Task, say: Say, encoded: Mapping[str, Encoded], labels: Sequence[str]) -> dict[str, Any]:
    """Metrics on the test rows of what `say` answers; what the task chooses is chosen on the valid rows."""
    if task.choose is not None and len(encoded["valid"]):
        task = task.settled(task.choose(say(encoded["valid"])[0], targets_of(encoded["valid"]), labels))
    found, loss = say(encoded["test"])
    return metrics(task, found, encoded["test"], labels, loss)


def targets_of(encoded: Encoded) -> Sequence[Any]:
    """The labelled targets of each example, aligned with its outputs; or what is known of it in their place."""
    if encoded.notes is not None:
        return encoded.notes
    return answered(encoded)


def answered(encoded: Encoded) -> Sequence[Any]:
    """The labelled targets of each example that an output stands for."""
    if isinstance(encoded.targets, np.ndarray):
        return list(encoded.targets)
    return [row[row >= 0] for row in encoded.targets]


def majority(task: Task, train: Encoded, encoded: Encoded, classes: int) -> tuple[list[Array], float]:
    """What always guessing by the class shares of the training rows would give, or, of numbers, always their mean, or
    what the task has in their place: outputs and mean loss."""
    if task.guess is not None:
        return task.guess(train, encoded)
    if train.numbers:
        mean = torch.full((len(encoded), 1), float(np.asarray(train.targets).mean()), dtype=torch.float64)
        loss = task.loss(mean, torch.from_numpy(np.asarray(encoded.targets)), LossOptions())
        return list(mean.numpy()), float(loss) / max(1, len(encoded))
    shares = np.bincount(_flat(train), minlength=classes).astype(np.float64)
    prior = np.log((shares + 1e-9) / (shares.sum() + 1e-9 * classes))
    found = [np.broadcast_to(prior, (*np.shape(target), classes)) for target in answered(encoded)]
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


def interval(
    task: Task, found: Sequence[Array], encoded: Encoded, labels: Sequence[str], seed: int
) -> list[float] | None:
    """A 95 % interval of the main metric: percentile bootstrap over rows (Efron 1979).

    Where all resamples score alike, it has no width and says nothing. If that is because every row is right, or none,
    Wilson's interval of the share of right rows stands in its place; else there is none.
    """
    judged, random = task.judge(found, targets_of(encoded), labels), np.random.default_rng(seed)
    resamples = (random.integers(0, len(judged), len(judged)) for _ in range(RESAMPLES))
    values = [task.score(judged[rows])[task.metric] for rows in resamples]
    low, high = (float(v) for v in np.percentile(values, [2.5, 97.5]))
    if low < high:
        return [low, high]
    return margins.wilson(round(low) * len(judged), len(judged)) if task.answer in _WHOLE and low in (0, 1) else None
