"""Runs trained in double precision, where only adding up in another order tells one process from several.

`torchrun -m tests.together <figures> <run folder> ...` writes what every step and every look at the validation rows
found, by run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from studio import processes
from studio.plan import unfold
from studio.runs.store import Run
from studio.training import build, evaluate, loop, optimizers, team
from studio.training.checkpoint import Progress
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside
from studio.training.recorder import Recorder
from studio.training.team import ALONE, Team

TOKENS = 30  # of a micro-batch: few enough that the processes have different numbers of them


@dataclass
class Figures:
    """Notes down what a recorder would, in full precision."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def scalar(self, tag: str, value: float, step: int) -> None:
        if not tag.startswith(("Throughput", "Memory")):
            self.values.setdefault(tag, []).append(value)

    def metrics(self, values: dict[str, float], split: str, step: int) -> None:
        for name, value in values.items():
            self.scalar(f"{name}/{split}", value, step)

    def answers(self, found: Sequence[Any], step: int) -> None:
        """Nobody looks."""

    def flush(self) -> None:
        """There is no file."""

    def progress(self, **_: Any) -> None:
        """Nobody waits."""


@contextmanager
def double() -> Iterator[None]:
    """float64 wherever nothing else is asked for, and where a task asks for float32 at least."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)


def figures(folder: Path, together: Team = ALONE) -> dict[str, list[float]]:
    """Train a run in float64 from its starting weights; every curve, and all outputs for the validation rows."""
    plan, found = unfold(Run(folder).spec()), Figures()
    loaded = build.build(Run(folder), plan, together)
    loaded.network.double()
    setup = replace(build.tune(loaded, None), token_budget=TOKENS)
    optimizer = optimizers.build(setup)
    recorder = cast(Recorder, found) if together.leads else None
    loop.train(setup, Outside(recorder, lambda: Wanted.MORE, None, print, Faults()), Progress(), optimizer)
    outputs, _ = evaluate.outputs_of_all(setup, setup.model, plan.task, setup.encoded["valid"])
    return found.values | {"outputs": [float(value) for output in outputs for value in output.ravel()]}


def main(arguments: Sequence[str]) -> None:
    together = team.join(None)
    with double():
        found = {folder: figures(Path(folder), together) for folder in arguments[1:]}
    if together.leads:
        Path(arguments[0]).write_text(json.dumps(found))
    together.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
    processes.leave(0)  # as our workers end: torch's own threads may outlive the interpreter and then abort it
