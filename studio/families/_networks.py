"""What families share: quiet loading, the labels in a config, the final linear layer, layers sorted into groups."""

from __future__ import annotations

import re
from typing import Any

from studio.anatomy import Spine
from studio.contracts import Head, LoadRequest


def quiet() -> None:
    """No progress bars and no reports of fresh layers from transformers: a new head is what we ask for."""
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def label_fields(request: LoadRequest) -> dict[str, Any]:
    """The fields of a config that say which class an output stands for, and whether classes exclude each other; that
    there is one output, a number; or two of each token, where an answer begins and ends."""
    if request.head is Head.QUESTION_ANSWERING:
        return {"num_labels": 2}
    if request.head is Head.MASKED_LANGUAGE_MODELING:
        return {}
    if not request.labels:
        return {"num_labels": 1, "problem_type": "regression", "id2label": {0: "number"}, "label2id": {"number": 0}}
    return {
        "num_labels": len(request.labels),
        "problem_type": "multi_label_classification" if request.several else None,
        "id2label": dict(enumerate(request.labels)),
        "label2id": {label: i for i, label in enumerate(request.labels)},
    }


def built(auto: Any, config: Any, request: LoadRequest) -> tuple[Any, frozenset[str]]:
    """The network of an Auto class in float32: stored weights, or weights drawn from the seed; and the names of those.

    A stored head of another size gives way to a fresh one. Weights are read from safetensors only, and code that comes
    with a model is never run.
    """
    import torch

    torch.manual_seed(request.seed)
    if request.folder is None:
        model = auto.from_config(config, dtype=torch.float32)
        return model, frozenset(name for name, _ in model.named_parameters())
    model, read = auto.from_pretrained(
        request.folder,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
    )
    missing = {key.removesuffix(".weight") for key in read["missing_keys"]}
    for name, module in model.named_modules():
        if name in request.stale or (name in missing and name.endswith(_HANDING_ON)):
            torch.nn.init.eye_(module.weight)
            torch.nn.init.zeros_(module.bias)
    return model, frozenset(read["missing_keys"]) | {name for name, *_ in read["mismatched_keys"]}


# Layers between an encoder and its head that are as wide as what they read. Where a network lacks them, they begin by
# handing on what they are given: what is drawn by chance would have to be unlearned first.
_HANDING_ON = ("pooler.dense", "predictions.transform.dense", "vocab_transform")


def at_places(model: Any) -> Any:
    """The network, which says what stands at `places` [rows, k] alone where it is given them: a vocabulary is large,
    and most tokens are not asked for."""
    asked: dict[str, Any] = {}

    def note(module: Any, given: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        asked["places"] = named.get("places")
        return given, {name: value for name, value in named.items() if name != "places"}

    def gather(module: Any, given: Any, said: Any) -> Any:
        hidden = said.last_hidden_state
        if asked["places"] is not None:
            said.last_hidden_state = hidden.gather(1, asked["places"][..., None].expand(-1, -1, hidden.shape[-1]))
        return said

    for name in [name for name in model._modules if name != model.base_model_prefix]:
        model._modules[name] = model._modules.pop(name)  # so that words' vectors go by the name that the encoder has
    model.register_forward_pre_hook(note, with_kwargs=True)
    model.base_model.register_forward_hook(gather)
    return model


def with_logits(model: Any) -> Any:
    """The network, which says where an answer begins and where it ends as `logits` [n, length, 2], in an answer of a
    kind that has a field of that name: several devices make it anew from its fields."""
    import torch
    from transformers.modeling_outputs import TokenClassifierOutput

    def both(module: Any, given: Any, said: Any) -> TokenClassifierOutput:
        logits: Any = torch.stack([said.start_logits, said.end_logits], dim=-1)
        return TokenClassifierOutput(logits=logits)

    model.register_forward_hook(both)
    return model


def final_linear(model: Any) -> Any:
    """The linear layer whose outputs are the classes: the last one of what transformers calls `classifier`, or
    `qa_outputs` where answers are found in texts; or what has an output for each token."""
    from torch import nn

    head = getattr(model, "qa_outputs", None) or getattr(model, "classifier", None)
    if head is None:
        return model.get_output_embeddings()
    return [module for module in head.modules() if isinstance(module, nn.Linear)][-1]


def grouped(model: Any, block: str, stem: tuple[str, ...], head: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Parameter names from input to output: stem, each numbered block, head.

    `block` is a pattern whose groups are the numbers of a block; `stem` and `head` are parts of names. What is none of
    these lies between the blocks and the head (a pooler).
    """
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, _ in model.named_parameters():
        match = re.search(block, name)
        if match:
            place = (1, *map(int, match.groups()))
        elif any(part in name.split(".") for part in head):
            place = (3,)
        elif any(part in name.split(".") for part in stem):
            place = (0,)
        else:
            place = (2,)
        groups.setdefault(place, []).append(name)
    return tuple(tuple(groups[place]) for place in sorted(groups))


def spine(model: Any, block: str, stem: tuple[str, ...], shared: tuple[str, ...] = ()) -> Spine:
    """The modules whose names `block` matches up to their end, in order; those named in `stem` before them, and what is
    named in `shared` and read by every block."""
    names = [name for name, _ in model.named_modules()]
    blocks = [name for name in names if re.search(rf"{block}$", name)]
    before = [name for name in names if name.rpartition(".")[2] in stem and not re.search(block, name)]
    everywhere = tuple(name for name, _ in model.named_parameters() if name.endswith(shared)) if shared else ()
    return Spine(tuple(before), tuple(blocks), everywhere)
