"""The complete, frozen, versioned description of one run, and the training options, each declared once.

Name, default, bounds and help of an option stand here and nowhere else: the form, the check, the command line and the
documentation are derived from these fields. `None` means "chosen for you"; `plan.resolve` replaces it by what the task,
the network and the data call for, where that can be known before the worker starts.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studio.contracts import Source

VERSION = 1


class TrainingParams(BaseModel):
    """The options of training. `group` sorts them in the form."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int | None = Field(
        None, ge=1, le=1000, description="Passes over the training rows.", json_schema_extra={"group": "duration"}
    )
    max_steps: int | None = Field(
        None, ge=1, description="Stop after this many optimizer steps.", json_schema_extra={"group": "duration"}
    )
    max_minutes: float | None = Field(
        None, gt=0, description="Stop after this many minutes of training.", json_schema_extra={"group": "duration"}
    )
    early_stopping: int = Field(
        0,
        ge=0,
        description="Stop after this many evaluations without gain; 0 is off.",
        json_schema_extra={"group": "duration"},
    )
    evaluations: int = Field(
        10, ge=1, le=1000, description="Evaluations on the validation rows per run.", json_schema_extra={"group": "duration"}
    )
    batch_size: int = Field(
        32, ge=1, le=65536, description="Examples per optimizer step.", json_schema_extra={"group": "optimizer"}
    )
    learning_rate: float | None = Field(
        None, gt=0, le=10, description="Peak learning rate of the network.", json_schema_extra={"group": "optimizer"}
    )
    head_learning_rate: float | None = Field(
        None, gt=0, le=10, description="Peak learning rate of the final layer.", json_schema_extra={"group": "optimizer"}
    )
    optimizer: Literal["adamw", "adam", "sgd", "rmsprop"] = Field(
        "adamw", description="Update rule; sgd has momentum 0.9.", json_schema_extra={"group": "optimizer"}
    )
    schedule: Literal["linear", "cosine", "step", "constant"] | None = Field(
        None, description="How the learning rate falls after warm-up.", json_schema_extra={"group": "optimizer"}
    )
    warmup: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Share of the steps over which the learning rate rises from zero.",
        json_schema_extra={"group": "optimizer"},
    )
    gradient_clip: float = Field(
        1.0, ge=0, description="Largest gradient norm; 0 is off.", json_schema_extra={"group": "optimizer"}
    )
    weight_decay: float | None = Field(
        None, ge=0, le=1, description="L2 pull of the weights towards zero.", json_schema_extra={"group": "regularisation"}
    )
    l1: float = Field(
        0.0, ge=0, le=1, description="L1 pull of the weights towards zero.", json_schema_extra={"group": "regularisation"}
    )
    label_smoothing: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Share of each target spread over all classes.",
        json_schema_extra={"group": "regularisation"},
    )
    dropout: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Dropout of the network; unset keeps its own.",
        json_schema_extra={"group": "regularisation"},
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none",
        description="balanced counts rare classes as much as common ones.",
        json_schema_extra={"group": "regularisation"},
    )
    max_length: int | None = Field(
        None,
        ge=4,
        le=8192,
        description="Most tokens of a text; unset is the 99th percentile, at most 512.",
        json_schema_extra={"group": "data"},
    )
    image_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="Side of the images in pixels; unset is the size they were stored in.",
        json_schema_extra={"group": "data"},
    )
    augment: Literal["none", "flip", "crop"] = Field(
        "crop",
        description="Random changes of training images: flip mirrors, crop also zooms and shifts.",
        json_schema_extra={"group": "data"},
    )
    warm_head: bool = Field(
        True,
        description="Fit the new final layer on the frozen network before training.",
        json_schema_extra={"group": "training"},
    )
    rate_trials: int = Field(
        0,
        ge=0,
        le=5,
        description="Learning rates tried on a fifth of the budget before training; 0 is off.",
        json_schema_extra={"group": "training"},
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="Number format of training; auto probes the processor.", json_schema_extra={"group": "machine"}
    )
    seed: int = Field(
        42, ge=0, lt=2**31, description="Seed of every random choice.", json_schema_extra={"group": "machine"}
    )
    checkpoint_minutes: float = Field(
        5.0, gt=0, le=1440, description="Longest time between checkpoints.", json_schema_extra={"group": "machine"}
    )
    log_every: int | None = Field(
        None, ge=1, description="Steps between points of the training curves.", json_schema_extra={"group": "machine"}
    )


class RunSpec(BaseModel):
    """Everything a worker needs to know, and all that is needed to repeat a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = VERSION
    task: str
    family: str
    model: str
    source: Source
    method: str
    preset: str
    dataset: str
    fingerprint: str
    labels: tuple[str, ...]
    device: str
    task_options: dict[str, Any] = {}
    method_options: dict[str, Any] = {}
    training: TrainingParams
