"""The complete, frozen, versioned description of one run, and the training options, each declared once.

Name, default, bounds and help of an option stand here and nowhere else: the form, the check, the command line and the
documentation are derived from these fields. `None` means "chosen for you"; `plan.resolve` replaces it by what the task,
the network and the data call for, where that can be known before the worker starts.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.contracts import Scale, Source

VERSION: Literal[1] = 1


def _option(
    default: Any, group: str, description: str, *, only: str = "", several_gpus: bool = False, **bounds: Any
) -> Any:
    """A field of an option: its default, its place in the form, its help, the modality it is `only` for, whether forms
    show it only where there are `several_gpus`, its bounds."""
    extra: dict[str, Any] = {"group": group, "only": only, "several_gpus": several_gpus}
    return Field(default, description=description, json_schema_extra=extra, **bounds)


class TrainingParams(BaseModel):
    """The options of training."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int | None = _option(None, "duration", "Passes over the training rows.", ge=1, le=1000)
    max_steps: int | None = _option(None, "duration", "Stop after this many optimizer steps.", ge=1)
    max_minutes: float | None = _option(None, "duration", "Stop after this many minutes of training.", gt=0)
    finish_by: str | None = _option(
        None,
        "duration",
        "Time of day by which the run is to be over, on the clock of the machine that trains; the learning rate is"
        " through by then.",
        pattern=r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$",
        examples=["18:00"],
    )
    early_stopping: int = _option(0, "duration", "Stop after this many evaluations without gain; 0 is off.", ge=0)
    evaluations: int = _option(10, "duration", "Evaluations on the validation rows per run.", ge=1, le=1000)

    batch_size: int = _option(32, "optimizer", "Examples per optimizer step.", ge=1, le=65536)
    learning_rate: float | None = _option(None, "optimizer", "Peak learning rate of the network.", gt=0, le=10)
    head_learning_rate: float | None = _option(None, "optimizer", "Peak learning rate of the final layer.", gt=0, le=10)
    layer_decay: float = _option(
        1.0, "optimizer", "Share of its learning rate that each layer hands to the one below; 1 is off.", gt=0, le=1
    )
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = _option(
        "adamw", "optimizer", "Update rule; sgd and rmsprop have momentum 0.9."
    )
    schedule: Literal["linear", "cosine", "step", "constant"] | None = _option(
        None, "optimizer", "How the learning rate falls after warm-up; unset is linear for texts, cosine for images."
    )
    warmup: float = _option(
        0.1, "optimizer", "Share of the steps over which the learning rate rises from zero.", ge=0, lt=1
    )
    gradient_clip: float = _option(1.0, "optimizer", "Largest gradient norm; 0 is off.", ge=0)

    weight_decay: float | None = _option(None, "regularisation", "L2 pull of the weights towards zero.", ge=0, le=1)
    l1: float = _option(0.0, "regularisation", "L1 pull of the weights towards zero.", ge=0, le=1)
    label_smoothing: float | None = _option(
        None, "regularisation", "Share of each target spread over all classes.", ge=0, lt=1
    )
    dropout: float | None = _option(
        None, "regularisation", "Dropout of the network; unset keeps its own.", only="text", ge=0, lt=1
    )
    attention_dropout: float | None = _option(
        0.0,
        "regularisation",
        "Dropout of attention weights: none is much faster on long texts; unset keeps the network's own.",
        only="text",
        ge=0,
        lt=1,
    )
    class_weights: Literal["none", "balanced"] = _option(
        "none", "regularisation", "balanced counts rare classes as much as common ones."
    )

    max_length: int | None = _option(
        None,
        "data",
        "Most tokens of a text; unset is the 99th percentile of the training texts, and up to 512 of all others.",
        only="text",
        ge=4,
        le=8192,
    )
    image_size: int | None = _option(
        None,
        "data",
        "Side of the images in pixels; unset is the size they were stored in, enlarged where the model needs it.",
        only="image",
        ge=8,
        le=1024,
    )
    augment: Literal["none", "flip", "crop"] = _option(
        "crop", "data", "Random changes of training images: flip mirrors, crop also zooms and shifts.", only="image"
    )

    batch_norm: Literal["tuned", "frozen", "re-estimated"] = _option(
        "tuned",
        "start",
        "Batch normalisation: tuned takes its statistics from the training images and follows them, re-estimated takes"
        " them once and then stays, frozen stays as stored.",
        only="image",
    )
    warm_head: bool | None = _option(
        None, "start", "Fit the new final layer on the frozen network first; unset does so. Bad for random weights."
    )
    label_names: bool = _option(
        False,
        "start",
        "Begin with what the names of the labels mean, for few rows of many classes that are named in plain words.",
        only="text",
    )
    label_template: str = _option(
        "{}",
        "start",
        "The text that is read for a label; {} stands for its name as words.",
        only="text",
        pattern=r"\{\}",
        examples=["{}?"],
    )
    rate_trials: int = _option(
        0, "start", "Learning rates tried on a fifth of the budget before training; fewer than 2 is off.", ge=0, le=5
    )

    precision: Literal["auto", "bf16", "fp32"] = _option(
        "auto", "machine", "Number format of training; auto measures which is faster here."
    )
    devices: int = _option(
        1,
        "machine",
        "GPUs that share the examples of each step; processes, where there is no GPU.",
        several_gpus=True,
        ge=1,
        le=64,
    )
    seed: int = _option(42, "machine", "Seed of every random choice.", ge=0, lt=2**31)
    checkpoint_minutes: float = _option(5.0, "machine", "Longest time between checkpoints.", gt=0, le=1440)

    log_every: int | None = _option(None, "tensorboard", "Steps between points of the training curves.", ge=1)
    log_histograms: bool = _option(
        True, "tensorboard", "Histograms of weights and gradients at every evaluation, of a sample of each tensor."
    )
    log_answers: bool = _option(
        True,
        "tensorboard",
        "A few validation rows with what the model says of them at every evaluation; of classes also which are taken"
        " for which, and precision against recall.",
    )
    log_graph: bool = _option(True, "tensorboard", "The network as a graph of its modules.")


class RunSpec(BaseModel):
    """Everything a worker needs to know, and all that is needed to repeat a run. `terms` are those of the weights that
    it all began with, also where earlier runs lie in between. `stored_side` is that of the dataset's images in pixels;
    runs of earlier versions do not know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = VERSION
    task: str
    family: str
    model: str
    source: Source
    terms: str = ""
    method: str
    preset: str
    dataset: str
    fingerprint: str
    labels: tuple[str, ...]
    scale: Scale | None = None
    stored_side: int | None = None
    device: str
    task_options: dict[str, Any] = {}
    method_options: dict[str, Any] = {}
    training: TrainingParams

    @property
    def enlarged_from(self) -> int | None:
        """The side from which images were enlarged in training, if they were: what is predicted goes the same way, or
        it would be sharper than anything that the network has seen."""
        side, read = self.stored_side, self.training.image_size
        return side if side is not None and read is not None and side < read else None
