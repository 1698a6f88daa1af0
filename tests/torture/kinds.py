"""The kinds of runs that are tortured, on tiny networks: everything that makes an exact resume hard is switched on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.identifiers import new_id
from studio.runs.store import Run
from tests import tiny


@dataclass(frozen=True)
class Kind:
    """A task and a method, with what the plan changes for it."""

    task: str
    method: str
    changes: dict[str, Any] = field(default_factory=dict)


# Six steps an epoch, points of the curves between evaluations, a checkpoint after every step: whatever a checkpoint
# could forget (a half summed loss, a place in the epoch, moments of the optimizer) shows in the bits.
COMMON: dict[str, Any] = {
    "epochs": 3,
    "max_steps": 9,
    "batch_size": 4,
    "evaluations": 4,
    "log_every": 2,
    "checkpoint_minutes": 1e-6,
    "head_learning_rate": 0.03,
}
FAST: dict[str, Any] = {"learning_rate": 0.01, "warm_head": False}  # so that the best step is one of training
KINDS = {
    "bert-full": Kind("text_classification", "full", FAST | {"dropout": 0.3, "rate_trials": 2}),
    "bert-lora": Kind("text_classification", "lora", FAST | {"dropout": 0.3, "warm_head": True}),
    "resnet-full": Kind("image_classification", "full", FAST | {"augment": "crop", "optimizer": "rmsprop"}),
    "head": Kind("token_classification", "head", {"optimizer": "sgd"}),
}


def template(workspace: Path, name: str, **changes: Any) -> Run:
    """A planned run of a kind, to be copied."""
    kind = KINDS[name]
    family = tiny.family_of(kind.task).name
    network = workspace / family
    if not network.exists():
        tiny.NETWORKS[family].make(network)
    return tiny.new_run(workspace, kind.task, kind.method, network, **(COMMON | kind.changes | changes))


def copy(run: Run) -> Run:
    """The same run once more, with all that its folder holds, in the same workspace."""
    twin = Run(run.folder.with_name(new_id()))
    shutil.copytree(run.folder, twin.folder)
    return twin
