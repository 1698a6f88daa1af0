"""A final layer by the names of labels: words, the map, and what a run makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from studio import plan
from studio.errors import PlanError
from studio.plan import Wish, unfold
from studio.training import build, features, naming, warming
from tests import tiny


@pytest.mark.parametrize(
    ("label", "read"),
    [
        ("card_arrival", "card arrival"),
        ("Refund_not_showing_up", "refund not showing up"),
        ("CardArrival", "card arrival"),
        ("usingATMAbroad", "using atm abroad"),
        ("top-up / limits", "top up limits"),
        ("天气", "天气"),
    ],
)
def test_names_are_read_as_words(label: str, read: str) -> None:
    assert naming.words(label) == read


@pytest.mark.parametrize("rows", [20, 400])
def test_the_map_finds_what_is_linear_and_is_careful_with_noise(rows: int) -> None:
    random = np.random.default_rng(0)
    given, truth = random.normal(size=(rows, 30)), random.normal(size=(30, 4))
    weights, bias = naming.mapped(given, given @ truth + 3)
    fresh = random.normal(size=(100, 30))
    missed = ((fresh @ weights + bias - fresh @ truth - 3) ** 2).mean()
    assert missed < (1e-3 if rows > 30 else (truth**2).sum(axis=0).mean())
    noise = random.normal(size=(rows, 4))
    assert np.abs(naming.mapped(given, noise)[0]).max() < 0.5


def test_a_text_that_is_a_label_goes_to_it_and_nothing_is_trained(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "zero_shot", tmp_path / "network", label_template="the {}")
    before = unfold(run.spec())
    assert before.training.label_names
    assert before.training.warm_head is False
    setup = build.build(run, before)
    layer = naming.prior(setup).layer().state_dict()
    assert layer["weight"].shape == (len(tiny.LABELS), 32)
    record = tiny.run_in_process(run)
    assert (record["step"], record["status"]) == (0, "finished")
    saved = load_file(run.model / "model.safetensors")
    assert torch.allclose(saved["classifier.weight"], layer["weight"], atol=1e-5)
    for name, tensor in setup.network.state_dict().items():
        assert name.startswith("classifier") or torch.equal(saved[name], tensor), name


def test_few_rows_are_fitted_around_the_names(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "head", tmp_path / "network", label_names=True)
    setup = build.build(run, unfold(run.spec()))
    prior = naming.prior(setup)
    strong = features.fits(warming.featured(setup)["train"], 3, None, (1e6,), prior)[0]
    assert torch.allclose(strong.weight, prior.layer().weight, atol=1e-2)
    assert tiny.run_in_process(run)["status"] == "finished"


def test_names_are_refused_where_they_mean_nothing(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    record = tiny.dataset(tmp_path, "token_classification")
    for wish in (Wish(method="zero_shot"), Wish(changes={"label_names": "true"})):
        family = tiny.family_of("token_classification")
        with pytest.raises(PlanError) as error:
            plan.draw_up(wish, record, family, tiny.checkpoint(tmp_path / "network"), "cpu")
        assert "single texts with one class each" in str(error.value.why)


def test_names_settle_among_the_texts_that_are_near_them() -> None:
    random = np.random.default_rng(0)
    centres = np.eye(8)[:2]
    texts = np.concatenate([centre + 0.1 * random.normal(size=(50, 8)) for centre in centres])
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    names = np.eye(8)[:2] + 0.7 * np.eye(8)[[2, 3]]
    names /= np.linalg.norm(names, axis=1, keepdims=True)
    found = naming.settled(names, texts)
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1])
    for name, after, centre in zip(names, found, centres, strict=True):
        assert after @ centre > name @ centre + 0.05
