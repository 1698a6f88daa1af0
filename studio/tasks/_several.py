"""What tasks with any number of classes per row share: targets, loss, thresholds, outputs, score and answer. Knows
neither texts nor images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from studio.arrays import Array, Encoded, LossOptions

THRESHOLDS = "thresholds"  # in what is chosen: a probability for each class, by its name
UNKNOWN = -100  # the target where nobody has said yes or no
METRIC = "macro_f1"
METRICS = ("macro_f1", "micro_f1", "subset_accuracy", "ranking_precision")
# Weights and smoothing are for classes that exclude each other, names of labels for single texts with one class each.
IGNORES = ("class_weights", "label_smoothing", "label_names", "label_template")
# Headers under which people bring such a column.
LABELS = ("labels", "tags", "categories", "topics", "genres", "emotions", "label", "标签", "类别")
SHOWN = 5  # classes listed with a prediction, or as many as it has
HALF = 0.5  # the threshold of who has not chosen one
PULL = 20  # rows of a class from which its own threshold counts as much as that of all (docs/results.md)
_LOW, _HIGH = 0.01, 0.99  # thresholds beyond these would be those of a few rows
_DIGITS = 6  # of a threshold, as it is kept


def targets(rows: Mapping[str, Sequence[Any]], count: int, classes: int) -> Array:
    """The class ids of `labels` as 1 among 0 [count, classes]; -100 throughout where they are not known."""
    if "labels" not in rows:
        return np.full((count, classes), UNKNOWN, dtype=np.int8)
    found = np.zeros((count, classes), dtype=np.int8)
    places = [(row, number) for row, numbers in enumerate(rows["labels"]) for number in numbers]
    if places:
        found[tuple(np.array(places).T)] = 1
    return found


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, options: LossOptions) -> torch.Tensor:
    """Summed binary cross entropy of logits [n, classes] against yes and no [n, classes]; -100 counts for nothing."""
    from torch.nn import functional

    wanted = targets.to(logits.device).float()
    losses = functional.binary_cross_entropy_with_logits(logits.float(), wanted.clamp(min=0), reduction="none")
    return losses[wanted >= 0].sum()


def outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [classes] array per row."""
    return list(logits.float().cpu().numpy())


def sigmoid(logits: Array) -> Array:
    """Probabilities of each class on its own, in float64."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits.astype(np.float64))))


def choose(outputs: Sequence[Array], targets: Sequence[Array], labels: Sequence[str]) -> dict[str, Any]:
    """For each class a threshold between the one with the highest F1 on its own rows (Yang 2001,
    doi:10.1145/383952.383975: "SCut") and the one with the highest F1 over the decisions on all classes together.

    The fewer rows a class has, the more its own threshold follows single rows: it counts, in log odds, as n / (n +
    `PULL`) where n rows have the class.
    """
    return {THRESHOLDS: dict(zip(labels, _thresholds(outputs, targets).tolist(), strict=True)) if len(outputs) else {}}


def _thresholds(outputs: Sequence[Array], targets: Sequence[Array]) -> Array:
    """[classes] what `choose` says, of one row or more."""
    said, wanted = sigmoid(np.stack(outputs)), np.stack(list(targets)) == 1
    own = np.array([_best(said[:, c], wanted[:, c]) for c in range(said.shape[1])])
    common, rows = _best(said.ravel(), wanted.ravel()), wanted.sum(axis=0)
    weight = rows / (rows + PULL)
    return np.round(sigmoid(weight * _odds(own) + (1 - weight) * _odds(common)), _DIGITS)


def cuts(chosen: Mapping[str, Any] | None, labels: Sequence[str]) -> Array:
    """[classes] the thresholds that were chosen; one half where none was."""
    known = (chosen or {}).get(THRESHOLDS, {})
    return np.array([float(known.get(label, HALF)) for label in labels])


def _odds(probability: Array | float) -> Array:
    """The logarithm of the odds."""
    return np.asarray(np.log(probability) - np.log1p(-np.asarray(probability)))


def _best(said: Array, wanted: Array) -> float:
    """The threshold of probabilities [n] with the highest F1, half way down to the next lower one; of equally good ones
    the highest. One half where nothing is wanted."""
    if not wanted.any():
        return HALF
    order = np.argsort(-said, kind="stable")
    values, hits = said[order], np.cumsum(wanted[order])
    ends = np.flatnonzero(np.append(values[1:] < values[:-1], True))  # rows of one probability go together
    f1 = 2 * hits[ends] / (ends + 1 + hits[-1])
    place = int(ends[np.argmax(f1)])
    below = values[place + 1] if place + 1 < len(values) else 0.0
    return float(np.clip((values[place] + below) / 2, _LOW, _HIGH))


def judge(
    outputs: Sequence[Array], targets: Sequence[Array], labels: Sequence[str], chosen: Mapping[str, Any] | None = None
) -> Array:
    """For each row float32 [n, classes + 2]: for each class 1 if it was answered, plus 2 if it was wanted; whether all
    of that is right; and the ranking precision of the row.

    Before thresholds are `chosen`, rows are judged at those that suit these very rows.
    """
    values, wanted = np.stack(outputs), np.stack(list(targets)) == 1
    said = sigmoid(values) >= (_thresholds(outputs, targets) if chosen is None else cuts(chosen, labels))
    exact = (said == wanted).all(axis=1)
    return np.column_stack([said + 2 * wanted, exact, ranking_precision(values, wanted)]).astype(np.float32)


def guess(train: Encoded, encoded: Encoded) -> tuple[list[Array], float]:
    """What the shares of the classes among the training rows would answer to every row, and its mean loss."""
    share = np.asarray(train.targets).mean(axis=0).clip(1e-6, 1 - 1e-6)
    wanted = np.asarray(encoded.targets)
    loss = -np.where(wanted == 1, np.log(share), np.log1p(-share))[wanted >= 0]
    return list(np.tile(_odds(share), (len(encoded), 1))), float(loss.mean()) if len(loss) else 0.0


def ranking_precision(values: Array, wanted: Array) -> Array:
    """[n] for each row the mean, over its classes, of the share of its classes among all that rank as high; 1 where it
    has none or all. Equal values share the lowest place."""
    order = np.argsort(-values, axis=1, kind="stable")
    ranked, hits = np.take_along_axis(values, order, 1), np.take_along_axis(wanted, order, 1)
    size = values.shape[1]
    ends = np.where(ranked[:, 1:] < ranked[:, :-1], np.arange(size - 1), size - 1)
    ends = np.column_stack([ends, np.full(len(values), size - 1)])
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]  # the lowest place of each value
    precision = np.take_along_axis(hits.cumsum(axis=1), last, 1) / (last + 1)
    count = wanted.sum(axis=1)
    return np.where(count > 0, (precision * hits).sum(axis=1) / np.maximum(1, count), 1.0)


def score(judged: Array) -> dict[str, float]:
    """Macro F1 (the mean over the classes that occur among targets or answers), micro F1 (of all decisions together),
    the share of rows with all classes right, and the mean ranking precision."""
    codes = judged[:, :-2]
    hits, extra, missed = ((codes == code).sum(axis=0) for code in (3, 1, 2))
    occurs = hits + extra + missed > 0
    f1 = 2 * hits[occurs] / (2 * hits + extra + missed)[occurs]
    decisions = int((2 * hits + extra + missed).sum())
    return {
        "macro_f1": float(f1.mean()) if len(f1) else 1.0,
        "micro_f1": float(2 * hits.sum() / decisions) if decisions else 1.0,
        "subset_accuracy": float(judged[:, -2].mean(dtype=np.float64)),
        "ranking_precision": float(judged[:, -1].mean(dtype=np.float64)),
    }


def decode(
    output: Array, target: Any, labels: Sequence[str], chosen: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The classes that are answered, and the most likely ones with their probability and threshold, these included."""
    said, limits = sigmoid(output), cuts(chosen, labels)
    order = np.argsort(-said, kind="stable")
    answered = [int(i) for i in order if said[i] >= limits[i]]
    others = [int(i) for i in order if said[i] < limits[i]][: max(0, SHOWN - len(answered))]
    top = [
        {"label": labels[i], "score": float(said[i]), "threshold": float(limits[i])}
        for i in sorted([*answered, *others], key=lambda i: -said[i])
    ]
    return {"labels": [labels[i] for i in answered], "top": top}
