"""All that training works with, in one record: what `build` makes, and everything after it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accelerate import Accelerator

from studio.arrays import Batch, Encoded, EncodeLimits, Integers, LossOptions
from studio.contracts import Modality
from studio.plan import Plan
from studio.training.batches import steps_per_epoch
from studio.training.device import Device, MemoryMeter
from studio.training.team import Team


@dataclass(frozen=True)
class Setup:
    """All that training works with.

    `network` is the whole network; `model` is what is trained: that, that with adapters, or its head alone. A training
    step calls `wrapped`: the model, or, where several devices train, the model with what averages their gradients.
    `tokens` are the ids in use (see `vocabulary`), None for rows without tokens. `limits` are those of training rows,
    `asked` those of all others. Of `rows_cut` training texts the end is not read.
    `characters` says whether their words are single ones (see `cutting`). `by_chance`: the final layer begins as it was
    drawn, fitted to nothing. No call of the network has more than `token_budget` padded tokens; one more call takes as
    long as `call_cost` of them.
    """

    plan: Plan
    device: Device
    accelerator: Accelerator
    network: Any
    model: Any
    wrapped: Any
    processor: Any
    encoded: dict[str, Encoded]
    tokens: Integers | None
    collate: Callable[[Encoded, Integers], Batch]
    limits: EncodeLimits
    asked: EncodeLimits
    rows_cut: int
    characters: bool
    loss_options: LossOptions
    head_names: tuple[str, ...]
    by_chance: bool
    token_budget: int
    call_cost: int
    memory: MemoryMeter
    team: Team

    @property
    def labels(self) -> tuple[str, ...]:
        return self.plan.spec.labels

    @property
    def fewest(self) -> int:
        """The smallest token budget that training works with. Where normalisation follows the images of a micro-batch
        none may have one alone, and threes and twos make up every number."""
        return 3 if self.plan.task.modality is Modality.IMAGE and self.plan.training.batch_norm == "tuned" else 1

    @property
    def total_steps(self) -> int:
        return total_steps(self.plan, len(self.encoded["train"]))


def total_steps(plan: Plan, rows: int) -> int:
    """Optimizer steps of the whole run, as far as epochs and max_steps decide."""
    params = plan.training
    if not plan.method.trains:
        return 0
    steps = steps_per_epoch(rows, params.batch_size) * (params.epochs or 1)
    return max(1, min(steps, params.max_steps or steps))
