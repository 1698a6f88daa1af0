"""What a Method is: how the weights of a network are tuned. One file of `methods/` declares each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from studio.anatomy import Anchors, Spine
from studio.contracts import Answer, Family, Head, Modality, Options, Task


class Saved(StrEnum):
    """What a method leaves in a run's `model/`."""

    WHOLE = "whole"  # all weights: `AutoModel...from_pretrained`
    ADAPTER = "adapter"  # a small file over the starting weights: `PeftModel.from_pretrained`


@dataclass(frozen=True)
class Parts:
    """What a method is told of the network that it tunes, and of the run.

    `classifier` are the parameter names of the final linear layer, `steps` the optimizer steps of the whole run, and
    `first` the token that every text begins with, if there is one.
    """

    classifier: tuple[str, ...]
    anchors: Anchors
    spine: Spine
    steps: int
    head: Head
    first: int | None = None


def within(name: str, modules: Iterable[str]) -> bool:
    """Whether a parameter of that name is one of these, or of one of these modules."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def brought(name: str, parts: Parts) -> bool:
    """Whether a parameter of that name is one of the layers that are new, above all blocks."""
    inside = (*parts.spine.stem, *parts.spine.blocks)
    return not within(name, inside) and any(part in parts.anchors.keep for part in name.split("."))


def nameless(task: Task) -> str | None:
    """Why the names of labels are no help with a task, in words; None where they are."""
    if task.modality is Modality.TEXT and task.answer is Answer.LABEL and len(task.inputs) == 1:
        return None
    return f"Names of labels are of no help with {task.label.lower()}: it takes single texts with one class each."


def keep_model(model: Any) -> Any:
    """A `merge` for methods that have nothing to merge."""
    return model


@dataclass(frozen=True, kw_only=True)
class Method:
    """How to tune it.

    - `ignores` names training options that do nothing with it, or leave it nothing to train: they are refused.
    - `trained_share` is about which share of the weights is trained: what checkpoints take room for.
    - `learning_rate` is by modality, for a network of ordinary size (see `Checkpoint.rate_scale`); `epochs` likewise.
    - `obstacle(task, family)`: why the method cannot be used there, in words, or None.
    - `wrap(model, parts, options)`: freezes what stays and adds what is new; returns the model to train.
    - `rates(options)`: by a part of parameter names, such as `lora_B`: their learning rate as a multiple of the usual.
    - `curves(model)`: numbers by the tag of the curve that they become, each time the loss is recorded.
    - `after_step(model, done)`: called between `optimizer.step()` and `zero_grad()`, or None; `done` is the share of
      the training that is over, by steps or by the clock.
    - `restore(load_start, load_saved, folder)`: the trained model again from `model/`; `load_start` builds the starting
      network, `load_saved` reads `folder` as a whole network.
    - `merge(model)`: one plain network with the adapter folded in; None where that cannot be done.
    - `takes(options)`: places of a text that the method takes for itself.
    """

    name: str
    label: str
    summary: str
    learning_rate: Mapping[Modality, float]
    head_learning_rate: Mapping[Modality, float]
    epochs: Mapping[Modality, int]
    weight_decay: Mapping[Modality, float]
    saved: Saved
    wrap: Callable[[Any, Parts, Any], Any]
    restore: Callable[[Callable[[], Any], Callable[[], Any], Path], Any]
    merge: Callable[[Any], Any] | None = keep_model
    takes: Callable[[Any], int] = field(default=lambda options: 0)
    obstacle: Callable[[Task, Family], str | None] = field(default=lambda task, family: None)
    after_step: Callable[[Any, float], None] | None = None
    curves: Callable[[Any], Mapping[str, float]] = field(default=lambda model: {})
    rates: Callable[[Any], Mapping[str, float]] = field(default=lambda options: {})
    trained_share: float = 1.0
    ignores: tuple[str, ...] = ()
    options: type[Options] = Options

    @property
    def unmerged(self) -> str:
        """That what it leaves can never be part of a plain network, in words."""
        return f"What the method '{self.label}' leaves cannot be folded into the network: it is of use beside it alone."

    @property
    def reads_features(self) -> bool:
        """Whether all rows go through the network at rest, so that nothing of it is different in training."""
        return "dropout" in self.ignores

    @property
    def trains(self) -> bool:
        """Whether anything is trained at all."""
        return self.trained_share > 0

    @property
    def trains_network(self) -> bool:
        """Whether the network's own weights are trained, rather than something small beside or on top of them."""
        return self.trained_share > 0.1
