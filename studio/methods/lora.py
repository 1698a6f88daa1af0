"""Low-rank adapters (Hu et al. 2021, arXiv:2106.09685), by peft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved


class LoraOptions(Options):
    rank: int = Field(8, ge=1, le=512, description="Width of the adapters: more can learn more, and weighs more.")
    alpha: float = Field(16.0, gt=0, le=4096, description="Strength of the adapters: they are scaled by alpha / rank.")
    adapter_dropout: float = Field(0.1, ge=0, lt=1, description="Dropout on the way into the adapters.")
    targets: Literal["attention", "all"] = Field(
        "attention", description="Layers that get an adapter: attention alone, or all for more capacity."
    )
    dora: bool = Field(
        False,
        description="Learn the size of each weight apart from its direction (DoRA): slower, and now and then better.",
    )
    rank_stabilised: bool = Field(
        False, description="Scale by alpha / square root of the rank instead, so that wide adapters learn as well."
    )
    rate_ratio: float = Field(
        1.0,
        ge=1,
        le=64,
        description="Learning rate of each adapter's second half as a multiple of the first's (LoRA+).",
    )


def wrap(model: Any, parts: Parts, options: LoraOptions) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,  # type: ignore[arg-type]  # peft divides by the rank, so a fraction is as good
        lora_dropout=options.adapter_dropout,
        target_modules=list(getattr(parts.anchors, options.targets)),
        modules_to_save=list(parts.anchors.keep),
        use_dora=options.dora,
        use_rslora=options.rank_stabilised,
    )
    return get_peft_model(model, config)


def rates(options: LoraOptions) -> Mapping[str, float]:
    """LoRA+ (Hayou et al. 2024, arXiv:2402.12354): the matrix that starts at zero learns at a larger rate."""
    return {"lora_B": options.rate_ratio} if options.rate_ratio != 1 else {}


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(load_start(), folder)


def merge(model: Any) -> Any:
    return model.merge_and_unload()


METHOD = Method(
    name="lora",
    label="LoRA",
    summary="Trains small adapters beside the frozen weights: close to full at less memory, and a small file to share.",
    options=LoraOptions,
    learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 1e-3},
    head_learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.01, Modality.IMAGE: 0.0},
    saved=Saved.ADAPTER,
    trained_share=0.05,
    wrap=wrap,
    restore=restore,
    merge=merge,
    rates=rates,
)
