"""Every compatible task, family and method: trained for two steps, saved, and loaded again by plain libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from studio import sealed
from studio.arrays import EncodeLimits
from studio.contracts import Head, LoadRequest
from studio.data import store
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.plan import unfold
from studio.runs.store import Run, Status
from studio.tasks import TASKS
from studio.tasks._classes import softmax
from studio.tuning import Parts, Saved
from tests import tiny

COMBINATIONS = [
    (task.name, family.name, method.name)
    for task in TASKS.values()
    for family in FAMILIES.values()
    if task.head in family.heads
    for method in METHODS.values()
    if method.obstacle(task, family) is None
]
OFTEN = ("text_classification", "image_classification")  # tasks whose runs go on from each other in every `make test`


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny network of every family."""
    folder = tmp_path_factory.mktemp("networks")
    for family in FAMILIES:
        tiny.NETWORKS[family].make(folder / family)
    return {family: folder / family for family in FAMILIES}


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its device and precision for the life of a process; a test must not inherit them."""
    from accelerate.state import AcceleratorState

    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize(("task", "family", "method"), COMBINATIONS, ids=lambda part: part)
def test_it_trains_and_plain_libraries_load_it_with_the_same_scores(
    task: str, family: str, method: str, tmp_path: Path, networks: dict[str, Path]
) -> None:
    run = tiny.new_run(tmp_path, task, method, networks[family])
    record = tiny.run_in_process(run)
    assert record["status"] == Status.FINISHED.value
    assert record["step"] == (2 if METHODS[method].trains else 0)
    assert record["metrics"]["main"] == TASKS[task].metric
    assert 0 < record["trainable_parameters"] <= record["total_parameters"]
    for split in ("valid", "test"):
        assert set(TASKS[task].metrics) | {"loss", "n"} <= set(record["metrics"][split])
    _same_as_plain_libraries(run, networks[family])


def _same_as_plain_libraries(run: Run, start: Path) -> None:
    """Scores of the saved model, loaded without the studio, equal those in the run's predictions."""
    import torch

    plan = unfold(run.spec())
    model = _plain(run, start, plan.method.saved, plan.task.head)
    rows = store.columns(run.folder.parent.parent / "datasets" / plan.spec.dataset, "test")
    wanted = load_file(run.predictions / "test.safetensors")["logits"]
    if not plan.task.labelled:
        assert np.abs(_guesses(run, model, rows) - wanted).max() < 1e-4
        return
    found = []
    with torch.inference_mode():
        for i in range(len(rows["line"])):
            inputs, places = _plain_inputs(run, rows, i)
            logits = _logits(model(**inputs))
            if places is not None:
                logits = logits[-inputs["input_ids"].shape[1] :]  # a prompt stands before the words
            found.append(logits[places] if places is not None else logits[None])
    as_shown = softmax if plan.spec.labels else np.asarray
    assert np.abs(as_shown(np.concatenate(found)) - as_shown(wanted)).max() < (1e-5 if plan.spec.labels else 1e-3)


def _guesses(run: Run, model: Any, rows: Any) -> Any:
    """What a plain network says of hidden words, which are those that the task hides."""
    import torch
    import transformers

    task = unfold(run.spec()).task
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(run.model)
    encoded, found = task.encode(rows, tokenizer, EncodeLimits(tokenizer.model_max_length, 0)), []
    for i in range(len(rows["line"])):
        with torch.inference_mode():
            logits = model(input_ids=torch.from_numpy(encoded.inputs["input_ids"][i])[None]).logits
        logits = logits[:, torch.from_numpy(encoded.inputs["places"][i])]
        found += task.outputs(logits, torch.from_numpy(encoded.targets[i])[None])
    return np.concatenate(found)


def _logits(said: Any) -> Any:
    """What a plain network says of its first row; of questions, where the answer begins and where it ends."""
    import torch

    if "start_logits" in said:
        return torch.stack([said.start_logits[0], said.end_logits[0]], dim=-1).numpy()
    return said.logits[0].numpy()


def _plain(run: Run, start: Path, saved: Saved, head: Head) -> Any:
    import peft
    import transformers

    auto: Any = {
        Head.SEQUENCE_CLASSIFICATION: transformers.AutoModelForSequenceClassification,
        Head.TOKEN_CLASSIFICATION: transformers.AutoModelForTokenClassification,
        Head.IMAGE_CLASSIFICATION: transformers.AutoModelForImageClassification,
        Head.QUESTION_ANSWERING: transformers.AutoModelForQuestionAnswering,
        Head.MASKED_LANGUAGE_MODELING: transformers.AutoModelForMaskedLM,
    }[head]
    if saved is Saved.WHOLE:
        return auto.from_pretrained(run.model).eval()
    outputs = 2 if head is Head.QUESTION_ANSWERING else max(1, len(run.spec().labels))
    base = auto.from_pretrained(start, num_labels=outputs)
    return peft.PeftModel.from_pretrained(base, run.model).eval()


def _plain_inputs(run: Run, rows: Any, i: int) -> tuple[dict[str, Any], list[int] | None]:
    """One row as tensors, by the saved processor; for words, also the positions where they begin."""
    import transformers
    from PIL import Image

    if "image" in rows:
        auto: Any = transformers.AutoImageProcessor
        processor = auto.from_pretrained(run.model)
        return dict(processor(Image.fromarray(rows["image"][i]), return_tensors="pt")), None
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(run.model)
    if "tokens" in rows:
        encoding = tokenizer(rows["tokens"][i], is_split_into_words=True, truncation=True, return_tensors="pt")
        words = encoding.word_ids(0)
        places = [p for p, word in enumerate(words) if word is not None and word != words[p - 1]]
        return dict(encoding), places
    texts = [rows[column.name][i] for column in TASKS[run.spec().task].inputs]
    encoding = tokenizer(*texts, truncation=True, return_tensors="pt")
    whole = list(range(encoding["input_ids"].shape[1])) if "question" in rows else None
    return dict(encoding), whole


ARCHITECTURES = [
    (family.name, model_type, head)
    for family in FAMILIES.values()
    for model_type in family.model_types
    for head in family.heads
]


@pytest.mark.parametrize(("family", "model_type", "head"), ARCHITECTURES, ids=lambda part: str(part))
def test_every_architecture_of_a_family_loads_and_takes_every_method(
    family: str, model_type: str, head: Head, tmp_path: Path
) -> None:
    entry, labels = FAMILIES[family], ("a", "b") if head is Head.QUESTION_ANSWERING else ("a", "b", "c")
    if model_type == family:
        tiny.NETWORKS[family].make(tmp_path / "start")
    else:
        tiny.tiny_bert(tmp_path / "start", model_type)
    request = LoadRequest(tmp_path / "start", "", head, labels, seed=1, dropout=0.0, image_size=tiny.SIZE)
    task = next(task for task in TASKS.values() if task.head is head)
    for method in [method for method in METHODS.values() if method.obstacle(task, entry) is None]:
        network = entry.load(request).model
        guessing = head is Head.MASKED_LANGUAGE_MODELING
        assert guessing or network.config.num_labels == len(labels)
        named = not guessing and head is not Head.QUESTION_ANSWERING
        assert not named or network.config.id2label == dict(enumerate(labels))
        layer = entry.classifier(network)
        assert layer.out_features == (network.config.vocab_size if guessing else len(labels))
        groups = entry.layer_groups(network)
        assert sorted(n for group in groups for n in group) == sorted(n for n, _ in network.named_parameters())
        last = network.get_input_embeddings().weight if guessing else layer.weight
        assert last is layer.weight
        assert any(network.get_parameter(n) is layer.weight for n in groups[0 if guessing else -1])
        names = tuple(n for n, p in network.named_parameters() if p is layer.weight or p is layer.bias)
        parts = Parts(names, entry.anchors(network), entry.spine(network), 10, head)
        model = method.wrap(network, parts, method.options())
        assert any(parameter.requires_grad for parameter in model.parameters())
        if method.merge is not None:
            assert type(method.merge(model)).__name__ == type(network).__name__


@pytest.mark.parametrize(
    "task", [task if task in OFTEN else pytest.param(task, marks=pytest.mark.thorough) for task in TASKS]
)
def test_a_finished_run_is_starting_weights_for_the_next(task: str, tmp_path: Path, networks: dict[str, Path]) -> None:
    family = tiny.family_of(task).name
    fitting = [name for name, entry in METHODS.items() if entry.obstacle(TASKS[task], tiny.family_of(task)) is None]
    for method in fitting:
        if METHODS[method].merge is None:
            continue
        first = tiny.new_run(tmp_path, task, method, networks[family])
        tiny.run_in_process(first)
        source = {"kind": "run", "location": first.id}
        second = tiny.new_run(tmp_path, task, "full", networks[family])
        sealed.write(second.spec_file, sealed.read(second.spec_file) | {"source": source})
        assert tiny.run_in_process(second)["status"] == Status.FINISHED.value
