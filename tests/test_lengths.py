"""The length at which texts will be cut is known before a run, and is the one that training takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import lengths
from studio.contracts import Answer, SourceKind
from studio.data import overview
from studio.plan import unfold
from studio.tasks import TASKS
from tests import tiny


@pytest.mark.parametrize("task", ["text_classification", "text_pair_classification", "token_classification"])
def test_the_limit_is_the_one_that_training_takes(tmp_path: Path, task: str) -> None:
    from studio.training import build

    network = tmp_path / "network"
    tiny.tiny_bert(network)
    run = tiny.new_run(tmp_path, task, "full", network)
    setup = build.build(run, unfold(run.spec()))
    texts = overview.sample(tmp_path / "datasets" / run.spec().dataset, TASKS[task])
    counts = overview.token_counts(texts, network / "tokenizer.json")
    assert sorted(counts) == sorted(setup.encoded["train"].lengths.tolist())
    most = lengths.most_tokens(network, SourceKind.FOLDER)
    assert lengths.longest_text(counts, TASKS[task].answer, most) == setup.limits.max_length


def test_few_long_texts_are_cut_and_tagged_ones_never_before_the_network_ends() -> None:
    counts = [10] * 199 + [4000]
    assert lengths.longest_text(counts, Answer.LABEL, 512) == 10
    assert lengths.longest_text(counts, Answer.SPANS, 512) == 512
    assert lengths.longest_text([4000] * 10, Answer.LABEL, 128) == 128
    assert lengths.longest_text([3], Answer.LABEL, 512) == lengths.FEWEST_TOKENS


def test_what_a_network_takes_is_read_from_its_folder_and_damage_is_no_limit(tmp_path: Path) -> None:
    def written(tokenizer: str, config: object) -> int:
        (tmp_path / "tokenizer_config.json").write_text(tokenizer)
        (tmp_path / "config.json").write_text(json.dumps(config))
        return lengths.most_tokens(tmp_path, SourceKind.FOLDER)

    unlimited = lengths.most_tokens(None, SourceKind.FOLDER)
    assert unlimited > 10**5
    assert written('{"model_max_length": 128}', {"max_position_embeddings": 512}) == 128
    assert written("{}", {"max_position_embeddings": 514}) == 512
    assert written('{"model_max_length": 1e30}', {"max_position_embeddings": 514}) == 512
    assert written('{"model_max_length": 1e999}', {}) == unlimited
    assert written("not JSON", ["no object"]) == unlimited


def test_what_a_run_read_does_not_bound_the_run_that_starts_from_it(tmp_path: Path) -> None:
    """A network that went on reading short texts still takes long ones."""
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 128}')
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 512}')
    assert lengths.most_tokens(tmp_path, SourceKind.RUN) == 510
    assert lengths.usable_tokens(128, 512, SourceKind.RUN) == 510
    assert lengths.usable_tokens(128, 512, SourceKind.HUB) == 128
