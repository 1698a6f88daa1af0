"""Learned factors on what some layers say (IA3: Liu et al. 2022, arXiv:2205.05638, section 3.3), by peft."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved


def wrap(model: Any, parts: Parts, options: Options) -> Any:
    from peft import IA3Config, get_peft_model

    anchors = parts.anchors
    config = IA3Config(
        target_modules=[*anchors.outgoing, *anchors.incoming],
        feedforward_modules=list(anchors.incoming),
        modules_to_save=list(anchors.keep),
    )
    return get_peft_model(model, config)


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(load_start(), folder)


def merge(model: Any) -> Any:
    """peft 0.21 cannot unload a head of several layers that is kept whole beside factors, so it is put in its place."""
    from peft.utils.other import ModulesToSaveWrapper

    plain = model.get_base_model()
    for name, module in list(plain.named_modules()):
        if isinstance(module, ModulesToSaveWrapper):
            parent, _, last = name.rpartition(".")
            setattr(plain.get_submodule(parent), last, module.modules_to_save[module.active_adapters[0]])
    return model.merge_and_unload()


METHOD = Method(
    name="ia3",
    label="IA3",
    summary="Trains one factor for each channel of some layers: the smallest adapter there is, and the smallest file.",
    learning_rate={Modality.TEXT: 2e-3, Modality.IMAGE: 5e-3},
    head_learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 3, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.0, Modality.IMAGE: 0.0},
    saved=Saved.ADAPTER,
    trained_share=0.005,
    wrap=wrap,
    restore=restore,
    merge=merge,
)
