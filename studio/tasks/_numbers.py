"""What tasks with one number per row share: targets, loss, outputs, score and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from studio.arrays import Array, LossOptions

METRIC = "pearson"
METRICS = ("pearson", "spearman", "rmse")
IGNORES = ("class_weights", "label_smoothing", "label_names", "label_template")
# Headers under which people bring such a column.
NUMBERS = (
    "score",
    "similarity",
    "similarity_score",
    "rating",
    "relatedness",
    "relatedness_score",
    "stars",
    "grade",
    "评分",
    "分数",
    "相似度",
    "得分",
)


def targets(rows: Mapping[str, Sequence[Any]], count: int) -> Array:
    """The numbers of `number` as float64 [count]; not a number where they are not known."""
    return np.asarray(rows.get("number", [np.nan] * count), dtype=np.float64)


def squared_error(logits: torch.Tensor, targets: torch.Tensor, options: LossOptions) -> torch.Tensor:
    """Summed squares of the differences between logits [n, 1] and targets [n]; rows without a number do not count."""
    errors = logits.float().squeeze(-1) - targets.float()
    return errors[targets.isfinite()].square().sum()


def outputs(logits: torch.Tensor, targets: torch.Tensor) -> list[Array]:
    """One [1] array per row."""
    return list(logits.float().cpu().numpy())


def judge(outputs: Sequence[Array], targets: Sequence[Array], labels: Sequence[str]) -> Array:
    """The answered and the true number of each row [n, 2]."""
    return np.stack([np.asarray(outputs, dtype=np.float64)[:, 0], np.asarray(targets, dtype=np.float64)], axis=-1)


def score(judged: Array) -> dict[str, float]:
    """Pearson's and Spearman's correlation with the truth (0 where either is constant), and the root of the mean square
    of the errors, in the unit of the numbers."""
    answered, wanted = judged[:, 0], judged[:, 1]
    return {
        "pearson": correlation(answered, wanted),
        "spearman": correlation(ranks(answered), ranks(wanted)),
        "rmse": float(np.sqrt(np.mean((answered - wanted) ** 2))),
    }


def ranks(values: Array) -> Array:
    """The place of each value [n] in their order, from 1; equal ones share the mean of their places."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def correlation(first: Array, second: Array) -> float:
    """Pearson's correlation of two arrays [n]; 0 where one of them does not vary."""
    units = []
    for values in (first, second):
        moved = values - values.mean()
        size = np.linalg.norm(moved)
        if size <= 1e-12 * np.linalg.norm(values):  # no more than rounding
            return 0.0
        units.append(moved / size)
    return float(units[0] @ units[1])


def decode(output: Array, target: Any, labels: Sequence[str]) -> dict[str, Any]:
    """The number."""
    return {"number": float(output[0])}
