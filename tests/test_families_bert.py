"""Words that are given one by one are read as words, whatever the tokenizer makes of spaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import transformers

from studio import files
from studio.contracts import Head, LoadRequest
from studio.families import bert
from studio.inference import trained
from studio.plan import unfold
from studio.training import build
from tests import tiny

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
IN_TURN = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": False}, BYTES]}
WORDS = ["good", "the", "bad"]


def network(folder: Path, reading: dict[str, Any] = BYTES) -> Path:
    """A tiny ModernBERT that knows words by the space before them."""
    tiny.tiny_bert(folder, "modernbert")
    told = files.read_json(folder / "tokenizer.json")
    vocabulary = told["model"]["vocab"]
    told["model"]["vocab"] = {word if word[0] == "[" else f"\u0120{word}": i for word, i in vocabulary.items()}
    (folder / "tokenizer.json").write_text(json.dumps(told | {"pre_tokenizer": reading}), encoding="utf-8")
    return folder


def unknown(tokenizer: Any) -> int:
    """How many of some words the tokenizer does not know."""
    ids: list[int] = tokenizer(WORDS, is_split_into_words=True)["input_ids"]
    return ids.count(tokenizer.unk_token_id)


@pytest.mark.parametrize("reading", [BYTES, IN_TURN])
def test_words_are_not_glued_together_in_training(tmp_path: Path, reading: dict[str, Any]) -> None:
    folder = network(tmp_path, reading)
    found = {
        head: unknown(bert.load(LoadRequest(folder, "", head, ("O", "B-X"), 1)).processor)
        for head in (Head.TOKEN_CLASSIFICATION, Head.SEQUENCE_CLASSIFICATION)
    }
    assert found == {Head.TOKEN_CLASSIFICATION: 0, Head.SEQUENCE_CLASSIFICATION: len(WORDS)}


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_finished_run_reads_words_as_it_was_trained(tmp_path: Path, method: str) -> None:
    """Also one of an earlier version, which read them glued together."""
    run = tiny.new_run(tmp_path, "token_classification", method, network(tmp_path / "network"))
    tiny.run_in_process(run)
    auto: Any = transformers.AutoTokenizer
    assert unknown(auto.from_pretrained(run.model)) == 0  # as the program of an export reads it
    assert unknown(trained.of_run(run).loaded.processor) == 0
    told = files.read_json(run.model / "tokenizer.json")
    (run.model / "tokenizer.json").write_text(json.dumps(told | {"pre_tokenizer": BYTES}), encoding="utf-8")
    assert unknown(build.load_trained(run, unfold(run.spec())).processor) == len(WORDS)
