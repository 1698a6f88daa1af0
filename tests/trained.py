"""Tiny finished runs for the tests of predictions and exports: trained once per session, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from studio.arrays import Array
from studio.data import store
from studio.runs.store import Run
from tests import tiny

# (task, method) of every kind of model that an export holds.
KINDS = (
    ("text_classification", "full"),
    ("text_classification", "lora"),
    ("text_pair_classification", "full"),
    ("token_classification", "full"),
    ("image_classification", "full"),
    ("image_classification", "lora"),
)


@dataclass(frozen=True)
class TinyRuns:
    """Finished runs in one workspace."""

    workspace: Path
    runs: dict[tuple[str, str], Run]

    def of(self, task: str, method: str) -> Run:
        return self.runs[f"{task}_classification", method]


def train_all(workspace: Path) -> TinyRuns:
    """A run of each kind whose best weights are trained ones, not those of the warm head."""
    from accelerate.state import AcceleratorState

    networks = {family: workspace / family for family in tiny.NETWORKS}
    for family, folder in networks.items():
        tiny.NETWORKS[family].make(folder)
    runs = {}
    rates = {"learning_rate": 0.01, "head_learning_rate": 0.03}
    for task, method in KINDS:
        network = networks[tiny.family_of(task).name]
        run = tiny.new_run(workspace, task, method, network, max_steps=15, epochs=5, warm_head=False, **rates)
        tiny.run_in_process(run)
        AcceleratorState._reset_state(reset_partial_state=True)
        runs[task, method] = run
    return TinyRuns(workspace, runs)


def held_out(run: Run) -> dict[str, Any]:
    """The test rows of a run's dataset as columns; images as arrays."""
    return dict(store.columns(run.folder.parent.parent / "datasets" / run.spec().dataset, "test"))


def kept_scores(run: Run) -> Array:
    """The probabilities that the run kept for its test rows, one row per example or word."""
    logits = load_file(run.predictions / "test.safetensors")["logits"].astype(np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
