"""Prompt tuning: what the prompt begins as, the room that it takes, and that nothing starts from it or merges it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from studio import models
from studio.contracts import Head, LoadRequest, SourceKind
from studio.errors import WrongState
from studio.export import exporter
from studio.families import FAMILIES
from studio.lengths import usable_tokens
from studio.methods import METHODS, prompt
from studio.models import package_folder
from studio.settings import Mode
from studio.tuning import Parts
from tests import tiny

BERT = FAMILIES["bert"]


@pytest.mark.parametrize("head", list(prompt.KINDS))
def test_it_begins_as_the_token_that_texts_begin_with_and_says_nothing_of_its_own(head: Head, tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path)
    network = BERT.load(LoadRequest(tmp_path, "", head, ("a", "b"), 1)).model
    parts = Parts((), BERT.anchors(network), BERT.spine(network), 10, head, first=2)
    model = prompt.wrap(network, parts, prompt.PromptOptions(prompt_tokens=4))
    table = network.get_input_embeddings().weight
    assert torch.equal(model.prompt_encoder["default"].embedding.weight[0], table[2])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    said = model(input_ids=torch.arange(5, 15).view(2, 5), attention_mask=mask).logits
    assert said.shape == ((2, 5, 2) if head is Head.TOKEN_CLASSIFICATION else (2, 2))


@pytest.mark.parametrize("name", ["ia3", "bitfit", "prompt"])
def test_the_smallest_methods_train_less_than_a_hundredth_of_the_weights(name: str) -> None:
    checkpoint, method = BERT.checkpoints[0], METHODS[name]
    folder = package_folder(checkpoint.source.location)
    loaded = BERT.load(LoadRequest(folder, "", Head.SEQUENCE_CLASSIFICATION, ("a", "b"), 1))
    stale = tuple(module.split(".")[-2] for module in checkpoint.source.stale)
    anchors = BERT.anchors(loaded.model)
    anchors = replace(anchors, keep=anchors.keep + stale)
    parts = Parts(
        (), anchors, BERT.spine(loaded.model), 10, Head.SEQUENCE_CLASSIFICATION, loaded.processor.cls_token_id
    )
    whole = sum(p.numel() for p in loaded.model.parameters())
    model = method.wrap(loaded.model, parts, method.options())
    assert 0 < sum(p.numel() for p in model.parameters() if p.requires_grad) < 0.01 * whole


def test_texts_leave_room_for_it_and_nothing_goes_on_from_it(tmp_path: Path) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "prompt", tmp_path / "network", prompt_tokens=6, max_length=500)
    facts = tiny.run_in_process(run)["facts"]
    assert facts["max_length"] == usable_tokens(64, 80, SourceKind.FOLDER) - 6
    assert exporter.offered(run) == ["adapter"]
    with pytest.raises(WrongState, match="cannot be folded into the network"):
        models.resolve(run.id, tmp_path / "runs", Mode.LOCAL)
