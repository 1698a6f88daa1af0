"""Hidden words as a task: what is hidden, when it is drawn anew, what counts, and what becomes of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio import sealed
from studio.arrays import EncodeLimits, LossOptions, Ragged
from studio.contracts import Head, LoadRequest
from studio.families import FAMILIES
from studio.runs.store import Status
from studio.tasks import _guesses
from studio.tasks.masked_language_modeling import TASK, MaskedOptions, encode
from tests import tiny

BERT, LIMITS = FAMILIES["bert"], EncodeLimits(64, 0)
TEXT = " ".join(tiny.WORDS * 3)  # 42 tokens
MASK = 4


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("network")
    tiny.NETWORKS["bert"].make(folder)
    return BERT.load(LoadRequest(folder, "", Head.MASKED_LANGUAGE_MODELING, (), 1))


def test_held_out_texts_hide_the_same_tokens_each_time_and_all_of_them(loaded: Any) -> None:
    rows = {"text": [TEXT, TEXT, "the film"]}
    first, again = (TASK.encode(rows, loaded.processor, LIMITS) for _ in range(2))
    whole = np.asarray(loaded.processor(TEXT)["input_ids"])
    for row in range(3):
        places, ids = np.asarray(first.inputs["places"][row]), np.asarray(first.inputs["input_ids"][row])
        assert places.tolist() == again.inputs["places"][row].tolist()
        assert len(places) == (6, 6, 1)[row]
        assert (ids[places] == MASK).all()
        assert row == 2 or (first.targets[row] == whole[places]).all()
    assert first.inputs["places"][0].tolist() != first.inputs["places"][1].tolist()


def test_training_hides_others_by_the_seed_of_the_step_and_the_row_alone(loaded: Any) -> None:
    encoded = replace(TASK.encode({"text": [TEXT] * 400}, loaded.processor, LIMITS), drawn=True)

    def batch(seed: int, indices: list[int]) -> Any:
        torch.manual_seed(seed)
        return TASK.collate(encoded, np.array(indices), loaded.processor)

    one, other, alone = batch(1, [0, 5]), batch(2, [0, 5]), batch(1, [5])
    assert not torch.equal(one.inputs["places"], other.inputs["places"])
    for name in one.inputs:
        assert torch.equal(one.inputs[name][1], alone.inputs[name][0])
    assert torch.equal(one.targets[1], alone.targets[0])
    many = batch(3, list(range(400)))
    whole = torch.tensor(loaded.processor(TEXT)["input_ids"])
    shown = many.inputs["input_ids"].gather(1, many.inputs["places"])
    assert torch.equal(many.targets, whole[many.inputs["places"]])
    assert int((many.inputs["input_ids"] != whole).sum()) <= many.count == 6 * 400
    hidden, left = float((shown == MASK).float().mean()), float((shown == many.targets).float().mean())
    assert abs(hidden - 0.8) < 0.04
    assert abs(left - 0.1) < 0.03


def test_whole_words_are_hidden_together(loaded: Any) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = {token: i for i, token in enumerate(["[PAD]", "[MASK]", "[UNK]", "wood", "##en", "##ly", "the"])}
    backend = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, pad_token="[PAD]", mask_token="[MASK]", unk_token="[UNK]"
    )
    rows = {"text": ["woodenly woodenly woodenly woodenly the the"] * 30}
    found = encode(rows, tokenizer, LIMITS, MaskedOptions(whole_words=True, mask_share=0.2))
    drawn = replace(found, drawn=True)
    torch.manual_seed(1)
    batch = TASK.collate(drawn, np.arange(30), tokenizer)
    for places in [*found.inputs["places"], *batch.inputs["places"].numpy()]:
        words = [place // 3 for place in places.tolist() if place < 12]
        assert len(places) == 3
        assert len(set(words)) <= 1  # three tokens of one word, or the two single ones and one of a word


def test_a_gap_is_what_is_asked_for(loaded: Any) -> None:
    encoded = TASK.encode({"text": ["the ___ was [MASK] good"]}, loaded.processor, LIMITS)
    assert encoded.inputs["places"][0].tolist() == [2, 4]
    assert encoded.targets[0].tolist() == [_guesses.UNKNOWN] * 2
    logits = torch.zeros(1, 2, len(loaded.processor))
    logits[0, 0, loaded.processor.convert_tokens_to_ids("film")] = 9.0
    logits[0, 1, loaded.processor.convert_tokens_to_ids("very")] = 9.0
    targets = torch.from_numpy(np.asarray(encoded.targets[0]))[None]
    assert float(TASK.loss(logits, targets, LossOptions())) == 0.0
    (output,) = TASK.outputs(logits, targets)
    assert encoded.notes is not None
    answer = TASK.decode(output, encoded.notes[0], ())
    assert [gap[0]["label"] for gap in answer["guesses"]] == ["film", "very"]
    assert [part.strip() for part in answer["parts"]] == ["the", "was", "good"]
    assert "exact" not in answer
    assert TASK.score(TASK.judge([output], [encoded.notes[0]], ())) == {"accuracy": 0.0, "perplexity": 1.0}


def test_accuracy_and_perplexity_are_those_of_the_hidden_tokens_and_rare_words_are_not_guessed(loaded: Any) -> None:
    encoded = TASK.encode({"text": [TEXT, "the the the the the the the"]}, loaded.processor, LIMITS)
    assert isinstance(encoded.targets, Ragged)
    batch = TASK.collate(encoded, np.arange(2), loaded.processor)
    network = loaded.model.eval()
    with torch.inference_mode():
        logits = network(**batch.inputs).logits
        everywhere = network(input_ids=batch.inputs["input_ids"], attention_mask=batch.inputs["attention_mask"]).logits
    places = batch.inputs["places"]
    assert torch.allclose(logits[0], everywhere[0, places[0]], atol=1e-5)
    outputs = TASK.outputs(logits, batch.targets)
    score = TASK.score(TASK.judge(outputs, list(encoded.notes or ()), ()))
    asked = batch.targets >= 0
    true = batch.targets[asked]
    lost = torch.nn.functional.cross_entropy(logits[asked], true)
    assert score["perplexity"] == pytest.approx(float(lost.exp()), rel=1e-4)
    assert score["accuracy"] == pytest.approx(float((logits[asked].argmax(-1) == true).float().mean()))
    assert TASK.guess is not None
    guessed, loss = TASK.guess(encoded, encoded)
    the = loaded.processor.convert_tokens_to_ids("the")
    assert {int(row[0, 1]) for row in guessed} == {the}
    assert TASK.score(TASK.judge(guessed, list(encoded.notes or ()), ()))["perplexity"] == pytest.approx(np.exp(loss))


def test_a_network_without_what_guesses_words_begins_by_handing_on(loaded: Any) -> None:
    dense = loaded.model.cls.predictions.transform.dense
    assert torch.equal(dense.weight, torch.eye(len(dense.weight)))
    assert loaded.model.get_output_embeddings().weight is loaded.model.get_input_embeddings().weight


@pytest.mark.parametrize("method", ["full", "lora"])
def test_what_has_read_is_a_start_for_a_task_with_labels(method: str, loaded: Any, tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    settings = {"learning_rate": 0.01, "epochs": 8, "max_steps": 24}
    first = tiny.new_run(tmp_path, "masked_language_modeling", method, tmp_path / "network", **settings)
    record = tiny.run_in_process(first)
    assert record["baseline"]["probe"]["perplexity"] > 1
    assert record["baseline"]["majority"]["perplexity"] > 1
    source = {"kind": "run", "location": first.id}
    second = tiny.new_run(tmp_path, "text_classification", "head", tmp_path / "network")
    sealed.write(second.spec_file, sealed.read(second.spec_file) | {"source": source})
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    assert tiny.run_in_process(second)["status"] == Status.FINISHED.value
    AcceleratorState._reset_state(reset_partial_state=True)
    trained = _weights(second.model)
    start = _weights((second.folder / "start") if method == "lora" else first.model)
    layer = "bert.encoder.layer.0.attention.self.query.weight"
    assert torch.equal(trained[layer], start[layer])
    assert not torch.equal(trained[layer], _weights(tmp_path / "network")[layer.removeprefix("bert.")])
    assert torch.equal(trained["bert.pooler.dense.weight"], torch.eye(32))


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")
