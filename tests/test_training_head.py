"""The final layer is found by its name: where a method has put it, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.plan import unfold
from studio.training import build, features, head, warming
from tests import tiny
from tests.trained import TinyRuns


def test_a_name_is_meant_whole() -> None:
    wanted = ("classifier.weight", "classifier.bias")
    assert head.is_one_of("classifier.weight", wanted)
    assert head.is_one_of("base_model.model.classifier.modules_to_save.default.bias", wanted)
    assert not head.is_one_of("pre_classifier.weight", wanted)
    assert head.is_one_of("classifier.weight", ("weight", "bias"))


@pytest.mark.parametrize("method", ["full", "lora", "bitfit"])
@pytest.mark.parametrize("task", ["text_classification", "text_regression"])
def test_a_fitted_layer_goes_to_its_place_alone(tmp_path: Path, task: str, method: str) -> None:
    """DistilBERT has a layer before the final one whose name ends alike."""
    tiny.tiny_bert(tmp_path / "network", "distilbert")
    run = tiny.new_run(tmp_path, task, method, tmp_path / "network")
    setup = build.build(run, unfold(run.spec()))
    layer = setup.plan.family.classifier(setup.network)
    before = {name: value.clone() for name, value in setup.network.named_parameters() if "pre_classifier" in name}
    start = {name: torch.full_like(value, 0.25) for name, value in layer.state_dict().items()}
    tuned = build.tune(setup, None, start)
    placed = [value for name, value in tuned.model.named_parameters() if head.is_one_of(name, tuned.head_names)]
    kept = [value for value in placed if value.requires_grad]
    assert len(kept) == 2
    assert all(bool((value == 0.25).all()) for value in kept)
    for name, value in before.items():
        found = [value for other, value in tuned.model.named_parameters() if head.is_one_of(other, (name,))]
        assert found
        assert all(torch.equal(one, value) for one in found)


@pytest.mark.parametrize(
    ("method", "changes", "steady", "by_chance"),
    [
        ("full", {"warm_head": False}, True, True),
        ("full", {"warm_head": True}, True, False),
        ("full", {"warm_head": True}, False, True),  # no fit was worth beginning with
        ("head", {"warm_head": True}, False, False),  # it begins with the fit in any case
        ("head", {"warm_head": False}, True, True),
        ("lora", {"warm_head": False, "label_names": True}, True, False),
    ],
)
def test_it_is_known_whether_the_final_layer_begins_by_chance(
    method: str, changes: dict[str, Any], steady: bool, by_chance: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", method, tmp_path / "network", **changes)
    monkeypatch.setattr(features, "steadiest", lambda fitted, *_: fitted[0] if steady else None)
    setup, cached, start = warming.begun(build.build(run, unfold(run.spec())))
    assert build.tune(setup, cached, start).by_chance is by_chance


def test_a_final_layer_that_came_with_the_weights_is_not_there_by_chance(tmp_path: Path, tiny_runs: TinyRuns) -> None:
    trained = tiny_runs.of("text", "full").model
    for task, by_chance in (("text_classification", False), ("text_regression", True)):
        run = tiny.new_run(tmp_path, task, "full", trained)
        assert build.build(run, unfold(run.spec())).by_chance is by_chance


@pytest.mark.parametrize("model_type", ["distilbert", "roberta", "electra"])
def test_every_kind_of_encoder_is_trained_from_a_fitted_layer(tmp_path: Path, model_type: str) -> None:
    tiny.tiny_bert(tmp_path / "network", model_type)
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network", warm_head=True, max_steps=2)
    assert tiny.run_in_process(run)["status"] == "finished"
