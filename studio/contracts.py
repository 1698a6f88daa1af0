"""Read this first: what a task and a family is, and the closed vocabularies; what a method is stands in `tuning.py`.

A run combines three independent choices: what to learn (task), which network (family), how to tune it (method).
Each is one module in `tasks/`, `families/` or `methods/` that ends in one declaration made of these records.
The records hold plain functions. This module imports nothing heavy, so a form or a command line can read every
declaration in milliseconds; the functions import torch and its friends when a worker calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import torch

    from studio.anatomy import Anchors, Spine
    from studio.arrays import Array, Batch, Encoded, EncodeLimits, Integers, LossOptions


class Modality(StrEnum):
    """What a row is made of."""

    TEXT = "text"
    IMAGE = "image"


class Head(StrEnum):
    """The output layer a task needs; a family names those it can build."""

    SEQUENCE_CLASSIFICATION = "sequence_classification"
    TOKEN_CLASSIFICATION = "token_classification"
    IMAGE_CLASSIFICATION = "image_classification"
    QUESTION_ANSWERING = "question_answering"
    MASKED_LANGUAGE_MODELING = "masked_language_modeling"


class Answer(StrEnum):
    """How a prediction is shown to a person."""

    LABEL = "label"
    LABELS = "labels"  # any number of them, or none
    SPANS = "spans"
    NUMBER = "number"
    EXCERPT = "excerpt"  # a piece of the text that was given, or none
    WORDS = "words"  # the likeliest ones for each gap in a text


class ColumnKind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    LABEL = "label"
    LABELS = "labels"
    TOKENS = "tokens"
    TAGS = "tags"
    IMAGE = "image"
    NUMBER = "number"
    ANSWERS = "answers"  # begin and end in the last input, one after the other; none is no answer


class Options(BaseModel):
    """The declared choices of a task or a method: name, type, default, bounds and help, once."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Column:
    """A column that a task needs.

    `name` is the role, and the column's name in the canonical store; `aliases` are the headers under which people
    usually bring it, most usual first, in lower case.
    """

    name: str
    kind: ColumnKind
    label: str
    aliases: tuple[str, ...] = ()


UNCLASSED = (ColumnKind.NUMBER, ColumnKind.ANSWERS, ColumnKind.TEXT)  # what is learned without classes
TARGETS = (ColumnKind.LABEL, ColumnKind.LABELS, ColumnKind.TAGS, ColumnKind.NUMBER, ColumnKind.ANSWERS)


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation (above 0) of the numbers to learn, over the training rows."""

    mean: float
    deviation: float


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to learn.

    The functions, in the order in which a row meets them:

    - `encode(rows, processor, limits)`: canonical columns (name to sequence) to `Encoded`. `rows` may lack the target
      column (prediction); targets are then all -100, or NaN for numbers.
    - `collate(encoded, indices, processor)`: the chosen examples as one padded `Batch`; images stay uint8 [n, h, w, 3].
    - `loss(logits, targets, options)`: the summed (not averaged) loss of a micro-batch, a scalar tensor.
    - `outputs(logits, targets)`: one float32 array per example, [classes] or [positions, classes], on the CPU.
    - `judge(outputs, targets, labels)`: one row of numbers [n, k] per example, from which any selection can be scored.
    - `score(judged)`: metrics by name of judged examples [n, k], in milliseconds: a bootstrap calls it often.
    - `decode(output, target, labels)`: one output as the JSON record a person is shown; `target` is what `judge` gets.
    - `choose(outputs, targets, labels)`: what is chosen on the validation rows once the model is saved, such as a
      threshold, as JSON. It is kept with the model; `judge` and `decode` are given it as `chosen` (see `settled`).
    - `refuse(row, target)`: why a row cannot be asked about, in sentences, or nothing; `target` is what `decode` gets.
    - `guess(train, encoded)`: outputs and mean loss of who knows no network, where class shares and means are none.
    - `fit(task, options)`: the task as its options want it.
    - `ignores`: training options without effect. Where numbers are learned, the network has one output and no labels.
    - `windowed`: long texts are read whole, in windows that overlap. An example is then several rows of a batch.
    """

    name: str
    label: str
    summary: str
    modality: Modality
    head: Head
    answer: Answer
    columns: tuple[Column, ...]
    metric: str
    metrics: tuple[str, ...]
    encode: Callable[[Mapping[str, Sequence[Any]], Any, EncodeLimits], Encoded]
    collate: Callable[[Encoded, Integers, Any], Batch]
    loss: Callable[[torch.Tensor, torch.Tensor, LossOptions], torch.Tensor]
    outputs: Callable[[torch.Tensor, torch.Tensor], list[Array]]
    judge: Callable[[Sequence[Array], Sequence[Any], Sequence[str]], Array]
    score: Callable[[Array], dict[str, float]]
    decode: Callable[[Array, Any, Sequence[str]], dict[str, Any]]
    choose: Callable[[Sequence[Array], Sequence[Any], Sequence[str]], dict[str, Any]] | None = None
    refuse: Callable[[Mapping[str, Any], Any], str] | None = None
    guess: Callable[[Encoded, Encoded], tuple[list[Array], float]] | None = None
    ignores: tuple[str, ...] = ()
    windowed: bool = False
    fit: Callable[[Task, Any], Task] | None = None
    options: type[Options] = Options

    @property
    def target(self) -> Column:
        """The column that is learned; the texts themselves where nothing is known of them."""
        return next((c for c in self.columns if c.kind in TARGETS), self.columns[0])

    @property
    def labelled(self) -> bool:
        """Whether there is something to know of a row beside itself; else chance hides parts of it in training."""
        return self.target.kind in TARGETS

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns the model reads."""
        return tuple(c for c in self.columns if c.kind not in TARGETS)

    @property
    def several(self) -> bool:
        """Whether a row may have several classes, or none."""
        return self.target.kind is ColumnKind.LABELS

    def scaled(self, scale: Scale | None) -> Task:
        """The task with its loss in deviations of `scale`; the task itself where no numbers are learned."""
        loss, unit = self.loss, scale.deviation if scale else 1.0
        return replace(self, loss=lambda *given: loss(given[0] / unit, given[1] / unit, given[2])) if scale else self

    def settled(self, chosen: Mapping[str, Any] | None) -> Task:
        """The task that judges and shows by what was `chosen` for a model; the task itself where nothing was."""
        if not chosen:
            return self
        given: dict[str, Any] = {"chosen": chosen}
        return replace(self, judge=partial(self.judge, **given), decode=partial(self.decode, **given))


class SourceKind(StrEnum):
    """Where starting weights come from."""

    BUNDLED = "bundled"  # a folder of `assets/`, which comes with the studio
    PACKAGE = "package"  # a Python package that carries the model's folder
    HUB = "hub"  # a model hub, at a pinned revision, safetensors only
    FOLDER = "folder"  # a local folder
    RUN = "run"  # a finished run of this workspace
    UNTRAINED = "untrained"  # random weights from the run's seed; only in runs of earlier versions


@dataclass(frozen=True)
class Source:
    """Where the weights of a checkpoint are found.

    `location` is a folder of `assets/`, a package and folder (`package:sub/folder`), a hub id, an absolute folder, a
    run id, or the name of an architecture for `UNTRAINED`. `sha256` is what the weights must hash to, or they are
    refused: the bytes of their safetensors files, one after another by name. `stale` names square linear layers that
    are stored but were no part of what was trained; they start as the identity. `hub` is the hub id under which a
    package's weights can be had as well.
    """

    kind: SourceKind
    location: str
    revision: str | None = None
    sha256: str | None = None
    stale: tuple[str, ...] = ()
    hub: str | None = None


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Concrete starting weights: one card of the model menu.

    `size_mb` is the download in megabytes (10**6), `parameters` in millions. `rate_scale` multiplies a method's default
    learning rate of all but the final layer: small networks learn best at larger rates than big ones.
    `side` is the least side of images in pixels that it reads well; smaller ones are enlarged unless told otherwise.
    `data` says what they were trained on, where that is ours to say; `terms` are sentences on what they may be used for
    where that is narrow, and go along with every run and export that came from them.
    """

    id: str
    label: str
    source: Source
    size_mb: int
    parameters: float
    license: str
    languages: str
    advice: str
    rate_scale: float = 1.0
    side: int = 0
    data: str = ""
    terms: str = ""


@dataclass(frozen=True)
class LoadRequest:
    """What a family needs to build a network. `folder` is None for random weights drawn from `seed`. `tokenizer` is the
    folder of a trained model whose tokenizer is taken as it is; that of starting weights is made to fit the head."""

    folder: Path | None
    architecture: str
    head: Head
    labels: tuple[str, ...]  # none: the network has one output, a number
    seed: int
    several: bool = False  # whether labels do not exclude each other
    dropout: float | None = None
    attention_dropout: float | None = None
    image_size: int = 224
    stale: tuple[str, ...] = ()
    tokenizer: Path | None = None


@dataclass(frozen=True)
class Loaded:
    """A network with the thing that turns rows into its numbers (a tokenizer or an image processor). The weights of the
    names in `drawn` were not stored: they are as chance has them."""

    model: Any
    processor: Any
    drawn: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Family:
    """Which network.

    - `model_types`: the values of `config.json`'s `model_type` that this family serves.
    - `load(request)`: the network with a fresh or stored head, in float32, on the CPU.
    - `anchors(model)`: where adapters attach.
    - `classifier(model)`: the final linear layer; what it reads are the features of the frozen network.
    - `layer_groups(model)`: parameter names from input to output; the last group is the head.
    - `spine(model)`: the stem and the blocks, which work one after the other.
    """

    name: str
    label: str
    modality: Modality
    heads: tuple[Head, ...]
    model_types: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    load: Callable[[LoadRequest], Loaded]
    anchors: Callable[[Any], Anchors]
    classifier: Callable[[Any], Any]
    layer_groups: Callable[[Any], tuple[tuple[str, ...], ...]]
    spine: Callable[[Any], Spine]
