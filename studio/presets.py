"""Quick, Balanced, Best: three declared ways to spend time on a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.catalog import Catalog


@dataclass(frozen=True)
class Preset:
    """`method` replaces the default method (an explicit choice of the user still wins); `training` are option values;
    `epochs_factor` and `evaluations_factor` multiply the starting values."""

    name: str
    label: str
    summary: str
    method: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    epochs_factor: int = 1
    evaluations_factor: int = 1


# Early stopping waits for half of a run's looks at the validation rows: much is gained late, when the learning rate has
# fallen (docs/results.md has what three of ten cost).
PRESETS: Catalog[Preset] = Catalog(
    "preset",
    (
        Preset(
            name="quick",
            label="Quick",
            summary="The head alone, on features computed once: a first answer in a minute or so.",
            method="head",
        ),
        Preset(
            name="balanced",
            label="Balanced",
            summary="The method you choose with its starting values; stops when it no longer gets better.",
            training={"early_stopping": 5},
        ),
        Preset(
            name="best",
            label="Best",
            summary="Tries three learning rates first, trains twice as long, looks twice as often, keeps the best.",
            training={"early_stopping": 10, "rate_trials": 3},
            epochs_factor=2,
            evaluations_factor=2,
        ),
    ),
)
DEFAULT = "balanced"
