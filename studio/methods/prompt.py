"""Soft prompts (Lester et al. 2021, arXiv:2104.08691), by peft: vectors before each text, in place of words.

An encoder's head reads its first token. With a prompt in front that is no longer the token that texts begin with but
the prompt's first vector, which therefore begins as that token; the others begin as words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from studio.contracts import Family, Head, Modality, Options, Task
from studio.tuning import Method, Parts, Saved

KINDS = {Head.SEQUENCE_CLASSIFICATION: "SEQ_CLS", Head.TOKEN_CLASSIFICATION: "TOKEN_CLS"}  # peft's words for heads
_PEFTS_OWN = ("classifier", "score")  # modules that peft itself keeps whole beside a prompt


class PromptOptions(Options):
    prompt_tokens: int = Field(
        20, ge=1, le=200, description="Vectors before each text; so many fewer of its own tokens can be read."
    )


def wrap(model: Any, parts: Parts, options: PromptOptions) -> Any:
    import torch
    from peft import PromptTuningConfig, get_peft_model

    table = model.get_input_embeddings().weight
    config = PromptTuningConfig(
        task_type=KINDS[parts.head],
        token_dim=table.shape[1],  # peft looks for these under names that not every config has
        num_layers=model.config.num_hidden_layers,
        num_attention_heads=model.config.num_attention_heads,
        num_virtual_tokens=options.prompt_tokens,
        prompt_tuning_init="SAMPLE_VOCAB",
        modules_to_save=[name for name in parts.anchors.keep if name not in _PEFTS_OWN],
    )
    prompted: Any = get_peft_model(model, config)
    if parts.first is not None:
        with torch.no_grad():
            prompted.prompt_encoder["default"].embedding.weight[0] = table[parts.first]
    return _own_tokens(prompted)


def _own_tokens(model: Any) -> Any:
    """Of what is said of each token, only that of the text's own."""
    config = model.active_peft_config
    if config.task_type == KINDS[Head.TOKEN_CLASSIFICATION]:
        model.register_forward_hook(partial(_cut, config.num_virtual_tokens))
    return model


def _cut(taken: int, model: Any, given: Any, result: Any) -> Any:
    result.logits = result.logits[:, taken:]
    return result


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    from peft import PeftModel

    return _own_tokens(PeftModel.from_pretrained(load_start(), folder))


def takes(options: PromptOptions) -> int:
    return options.prompt_tokens


def obstacle(task: Task, family: Family) -> str | None:
    if family.modality is not Modality.TEXT:
        return f"A prompt stands before the words of a text, and {family.label} read none."
    if task.head not in KINDS:
        return f"A prompt cannot be tuned for {task.label.lower()}."
    return None


METHOD = Method(
    name="prompt",
    label="Prompt tuning",
    summary="Trains a few vectors that stand before each text, and the final layer: hardly anything, and slow.",
    options=PromptOptions,
    learning_rate={Modality.TEXT: 3e-3, Modality.IMAGE: 3e-3},
    head_learning_rate={Modality.TEXT: 1e-3, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 5, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.0, Modality.IMAGE: 0.0},
    saved=Saved.ADAPTER,
    trained_share=0.005,
    wrap=wrap,
    restore=restore,
    merge=None,
    takes=takes,
    obstacle=obstacle,
)
