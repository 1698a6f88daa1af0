"""A table of the tokens in use learns what the whole table would, and the network is whole again when it is saved."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from studio.arrays import Encoded, Integers, Ragged
from studio.training import vocabulary
from studio.training.vocabulary import InUse
from tests import tiny
from tests.trained import TinyRuns

IN_USE: Integers = np.array([0, 2, 3, 5, 6, 7, 9], dtype=np.int64)
VECTORS = "bert.embeddings.word_embeddings.weight"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("network")
    tiny.tiny_bert(made)
    return made


def network(folder: Path) -> Any:
    torch.manual_seed(0)
    auto: Any = transformers.AutoModelForSequenceClassification
    return auto.from_pretrained(folder, num_labels=3).eval()


def steps(model: Any, count: int = 5) -> list[float]:
    """Losses of a few steps without weight decay on ids in use, padding included."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    random, losses = torch.Generator().manual_seed(0), []
    for _ in range(count):
        ids = torch.from_numpy(IN_USE)[torch.randint(0, len(IN_USE), (4, 6), generator=random)]
        loss = model(input_ids=ids, labels=torch.tensor([0, 1, 2, 0])).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses


def test_the_same_is_learned_with_a_fraction_of_the_rows(folder: Path) -> None:
    whole, narrow = network(folder), network(folder)
    stored = whole.state_dict()[VECTORS].clone()
    vocabulary.narrow(narrow, IN_USE)
    assert narrow.get_input_embeddings().weight.shape[0] == len(IN_USE)
    assert steps(narrow) == pytest.approx(steps(whole), abs=1e-6)
    with vocabulary.widened(narrow):
        learned = narrow.state_dict()
        for name, tensor in whole.state_dict().items():
            assert torch.allclose(learned[name], tensor, atol=1e-5), name
        changed = (learned[VECTORS] != stored).any(dim=1)
        assert set(changed.nonzero().flatten().tolist()) == set(IN_USE.tolist()) - {0}  # padding learns nothing
    assert isinstance(narrow.get_input_embeddings(), InUse)


def test_an_id_that_is_not_in_use_is_an_error_not_another_token(folder: Path) -> None:
    narrow = network(folder)
    vocabulary.narrow(narrow, IN_USE)
    with pytest.raises(IndexError):
        narrow(input_ids=torch.tensor([[2, 4, 3]]))


@pytest.mark.parametrize("case", ["no tokens", "most in use", "frozen", "shared with the output"])
def test_the_whole_table_stays_where_a_part_of_it_would_not_do(case: str, folder: Path) -> None:
    model, tokens = network(folder), IN_USE
    match case:
        case "no tokens":
            vocabulary.narrow(model, None)
        case "most in use":
            tokens = np.arange(40, dtype=np.int64)
        case "frozen":
            model.get_input_embeddings().weight.requires_grad_(False)
        case _:
            auto: Any = transformers.AutoModelForMaskedLM
            model = auto.from_pretrained(folder)
    if case != "no tokens":
        vocabulary.narrow(model, tokens)
    assert isinstance(model.get_input_embeddings(), torch.nn.Embedding)


def test_tokens_in_use_are_those_of_every_split_and_the_special_ones(folder: Path) -> None:
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    splits = [
        Encoded({"input_ids": Ragged.of(rows)}, np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=np.int64))
        for rows in ([[2, 7, 3], [2, 9, 9, 3]], [[2, 12, 3]])
    ]
    found = vocabulary.tokens_in_use(splits, tokenizer)
    assert found is not None
    assert found.tolist() == [0, 1, 2, 3, 4, 7, 9, 12]
    assert vocabulary.tokens_in_use([splits[0], replace(splits[1], drawn=True)], tokenizer) is None
    images = Encoded({"pixel_values": np.zeros((1, 2, 2, 3))}, np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64))
    assert vocabulary.tokens_in_use([images], object()) is None


def test_hidden_words_are_learned_where_words_have_other_vectors_on_the_way_out(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "untied")
    config = transformers.AutoConfig.from_pretrained(folder)
    config.tie_word_embeddings = False
    config.save_pretrained(tmp_path / "untied")
    run = tiny.new_run(
        tmp_path, "masked_language_modeling", "full", tmp_path / "untied", max_steps=20, epochs=20, batch_size=24
    )
    assert tiny.run_in_process(run)["status"] == "finished"


def test_a_trained_model_is_saved_whole_and_its_checkpoints_hold_what_is_in_use(tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    size = 5 + len(tiny.WORDS) + len(tiny.UNUSED)
    assert load_file(run.model / "model.safetensors")[VECTORS].shape[0] == size
    for checkpoint in run.checkpoints.iterdir():
        assert load_file(checkpoint / "weights.safetensors")[VECTORS].shape[0] == size - len(tiny.UNUSED)
