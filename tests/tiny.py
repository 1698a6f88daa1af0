"""A tiny random network per family and a tiny dataset per task: no downloads, a second or two each.

`workspace` makes a workspace with them; `run_in_process` does a worker's whole job in this process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio import plan
from studio.contracts import Checkpoint, ColumnKind, Family, Source, SourceKind
from studio.data import store
from studio.families import FAMILIES
from studio.identifiers import new_id
from studio.methods import METHODS
from studio.plan import Wish
from studio.runs import store as runs
from studio.runs.store import Run
from studio.tasks import TASKS
from tests.tiny_rows import WORDS as WORDS
from tests.tiny_rows import coloured, labelled, plain

UNUSED = tuple(f"unused{i}" for i in range(30))  # in the vocabulary, in no text
LABELS = ("negative", "neutral", "positive")
TAGS = ("O", "B-PER", "B-LOC")
SIZE = 16
_INPUTS = ["input_ids", "token_type_ids", "attention_mask"]


@dataclass(frozen=True)
class Tiny:
    """How to make a tiny network of one family in a folder, and which models of the family the folder stands for."""

    make: Callable[[Path], None]
    model_types: tuple[str, ...]


def tiny_bert(folder: Path, model_type: str = "bert") -> None:
    """A random encoder of the given architecture with a vocabulary of `WORDS`, as `from_pretrained` reads it."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: i for i, word in enumerate([*special, *WORDS, *UNUSED])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names: dict[str, Any] = dict(
        zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True)
    )
    tokenizer = transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, model_max_length=64, model_input_names=_INPUTS, **names
    )
    sizes = _sizes(model_type) | {"vocab_size": len(vocabulary), "initializer_range": 0.2}
    config = transformers.AutoConfig.for_model(model_type, **sizes, pad_token_id=0, bos_token_id=2, eos_token_id=3)
    torch.manual_seed(0)
    auto: Any = transformers.AutoModel
    auto.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _sizes(model_type: str) -> dict[str, Any]:
    if model_type == "distilbert":
        return {"dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 2, "max_position_embeddings": 80}
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 80,
    }
    return sizes | ({"embedding_size": 32} if model_type == "electra" else {})


def tiny_resnet(folder: Path) -> None:
    import torch
    import transformers

    config = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", downsample_in_first_stage=False
    )
    torch.manual_seed(0)
    auto: Any = transformers.AutoModel
    auto.from_config(config).save_pretrained(folder)


NETWORKS: dict[str, Tiny] = {
    "bert": Tiny(tiny_bert, ("bert", "distilbert", "roberta", "electra", "xlm-roberta", "deberta-v2", "modernbert")),
    "resnet": Tiny(tiny_resnet, ("resnet",)),
}


def texts(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts whose class shows in their words."""
    random = np.random.default_rng(seed)
    labels = [int(i % len(LABELS)) for i in range(rows)]
    telling = (("bad", "poor"), ("the", "a"), ("good", "fine"))
    lines = [
        " ".join([*random.choice(WORDS, random.integers(1, 7)), *random.choice(telling[label], 3)]) for label in labels
    ]
    return {"text": lines, "label": labels}


def pairs(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts beside a second one whose class shows in its words."""
    found, second = texts(rows, seed), texts(rows, seed + 100)
    return {"text": second["text"], "text_b": found["text"], "label": found["label"]}


def rated(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts with a number that shows in their words, far from zero."""
    found = texts(rows, seed)
    return {"text": found["text"], "number": [900.0 + 50 * label for label in found["label"]]}


def rated_pairs(rows: int, seed: int) -> dict[str, list[Any]]:
    found = pairs(rows, seed)
    return {
        "text": found["text"],
        "text_b": found["text_b"],
        "number": [900 + 50.0 * label for label in found["label"]],
    }


def questions(rows: int, seed: int) -> dict[str, list[Any]]:
    """Texts in which the word after the one that is asked for is the answer; every fourth question has none."""
    random = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {"question": [], "context": [], "answers": []}
    for i in range(rows):
        words = [str(word) for word in random.choice(WORDS[:6], random.integers(8, 30))]
        place = int(random.integers(0, len(words) - 1))
        answered = i % 4 != 3
        words[place : place + 2] = ["anna", "film"] if answered else ["the", "room"]
        start = len(" ".join(words[: place + 1])) + 1
        found["question"].append("was anna")
        found["context"].append(" ".join(words))
        found["answers"].append([start, start + len(words[place + 1])] if answered else [])
    return found


def sentences(rows: int, seed: int) -> dict[str, list[Any]]:
    """Sentences in which two words are names."""
    random = np.random.default_rng(seed)
    names = {"anna": 1, "bonn": 2}
    tokens = [[str(w) for w in random.choice(WORDS, random.integers(3, 9))] for _ in range(rows)]
    tokens = [[*words, "anna" if i % 2 else "bonn"] for i, words in enumerate(tokens)]
    return {"tokens": tokens, "tags": [[names.get(word, 0) for word in words] for words in tokens]}


def pictures(rows: int, seed: int) -> dict[str, list[Any]]:
    """Noisy squares whose brightness is their class."""
    random = np.random.default_rng(seed)
    labels = [int(i % len(LABELS)) for i in range(rows)]
    pixels = [(random.integers(0, 60, (SIZE, SIZE, 3)) + 90 * label).astype(np.uint8) for label in labels]
    return {"image": pixels, "label": labels}


ROWS: dict[str, tuple[Callable[[int, int], dict[str, list[Any]]], tuple[str, ...]]] = {
    "text_classification": (texts, LABELS),
    "multilabel_classification": (labelled, LABELS),
    "text_pair_classification": (pairs, LABELS),
    "text_regression": (rated, ()),
    "text_pair_regression": (rated_pairs, ()),
    "token_classification": (sentences, TAGS),
    "question_answering": (questions, ()),
    "image_classification": (pictures, LABELS),
    "image_multilabel_classification": (coloured, LABELS),
    "masked_language_modeling": (plain, ()),
}


def dataset(workspace: Path, task: str, sizes: tuple[int, int, int] = (24, 9, 9)) -> store.DatasetRecord:
    """A canonical dataset of a task, made without the importer."""
    identifier = new_id()
    folder = workspace / "datasets" / identifier
    images = _write_rows(folder, task, sizes)
    labels = ROWS[task][1]
    record = store.DatasetRecord(
        id=identifier,
        name=f"tiny {task}",
        task=task,
        created=time.time(),
        format="tiny",
        sources=[],
        options={},
        columns=[],
        numbers=store.Numbers(mean=950.0, deviation=41.0, low=900.0, high=1000.0) if _measured(task) else None,
        labels=[store.LabelCount(name=label, count=8) for label in labels],
        splits=dict(zip(store.SPLITS, sizes, strict=True)),
        split_note="",
        image_size=SIZE if images else None,
        findings=[],
        skipped=[],
        skipped_count=0,
        fingerprint=f"{task}-{sizes}",
        files=store.hashes(folder),
    )
    (folder / "dataset.json").write_text(json.dumps(record.model_dump(mode="json")))
    return record


def _measured(task: str) -> bool:
    return TASKS[task].target.kind is ColumnKind.NUMBER


def _write_rows(folder: Path, task: str, sizes: tuple[int, int, int]) -> list[Any]:
    """Write the splits, and the images if there are any; returns the images."""
    import datasets

    datasets.disable_progress_bars()
    folder.mkdir(parents=True)
    make, labels = ROWS[task]
    parts: dict[str, Any] = {}
    images: list[Any] = []
    for seed, (split, rows) in enumerate(zip(store.SPLITS, sizes, strict=True)):
        columns = make(rows, seed)
        if "image" in columns:
            first = len(images)
            images += columns["image"]
            columns["image"] = list(range(first, len(images)))
        columns["line"] = [f"{split}.csv:{i + 2}" for i in range(rows)]
        parts[split] = datasets.Dataset.from_dict(columns, features=_features(columns, labels))
    datasets.DatasetDict(parts).save_to_disk(folder / "rows")
    if images:
        np.save(folder / "images.npy", np.stack(images))
    return images


def _features(columns: dict[str, list[Any]], labels: tuple[str, ...]) -> Any:
    import datasets

    classes = datasets.ClassLabel(names=list(labels) or ["none"])
    kinds = {
        "text": datasets.Value("string"),
        "text_b": datasets.Value("string"),
        "question": datasets.Value("string"),
        "context": datasets.Value("string"),
        "answers": datasets.List(datasets.Value("int64")),
        "line": datasets.Value("string"),
        "image": datasets.Value("int64"),
        "label": classes,
        "labels": datasets.List(classes),
        "number": datasets.Value("float64"),
        "tokens": datasets.List(datasets.Value("string")),
        "tags": datasets.List(classes),
    }
    return datasets.Features({name: kinds[name] for name in columns})


def checkpoint(folder: Path, terms: str = "") -> Checkpoint:
    """A folder of starting weights as an entry of the menu."""
    return Checkpoint(
        id="tiny",
        label="Tiny",
        source=Source(SourceKind.FOLDER, str(folder)),
        size_mb=1,
        parameters=0.1,
        license="Apache-2.0",
        languages="any",
        advice="For tests.",
        terms=terms,
    )


def new_run(workspace: Path, task: str, method: str, network: Path | Checkpoint, **changes: Any) -> Run:
    """A run on a tiny dataset, planned but not started: two steps of eight rows unless `changes` say otherwise."""
    small = {"epochs": 1, "max_steps": 2, "batch_size": 8, "evaluations": 1, "early_stopping": 0, "precision": "fp32"}
    ignored = METHODS[method].ignores
    settings = {name: value for name, value in small.items() if name not in ignored} | changes
    record = dataset(workspace, task)
    start = checkpoint(network) if isinstance(network, Path) else network
    spec = plan.draw_up(Wish(method=method, changes=settings), record, family_of(task), start, "cpu")
    return runs.create(workspace / "runs", spec, f"{task} {method}", "local")


def family_of(task: str) -> Family:
    """The family that can do the task (each head belongs to one family so far)."""
    return next(family for family in FAMILIES.values() if TASKS[task].head in family.heads)


def run_in_process(run: Run) -> dict[str, Any]:
    """Do the worker's whole job here and now; returns the run's record. Errors are raised, not written down."""
    from studio.training import session
    from studio.training.ending import Ending

    session.work(run, Ending(run))
    return runs.record(run)
