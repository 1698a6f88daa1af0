"""What methods say of themselves: shares, what is trained, and how they stand in the menu."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.contracts import Head, LoadRequest
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.tuning import Parts
from tests import tiny


def test_the_usual_three_come_first() -> None:
    assert list(METHODS)[:3] == ["full", "lora", "head"]


@pytest.mark.parametrize("architecture", ["bert", "roberta", "modernbert"])
def test_bitfit_trains_biases_and_what_is_new(architecture: str, tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path, architecture)
    entry = FAMILIES["bert"]
    network = entry.load(LoadRequest(tmp_path, "", Head.SEQUENCE_CLASSIFICATION, ("a", "b"), 1)).model
    spine = entry.spine(network)
    METHODS["bitfit"].wrap(network, Parts((), entry.anchors(network), spine, 1), METHODS["bitfit"].options())
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    new = {name for name, _ in network.named_parameters() if name.split(".")[0] in ("classifier", "head")}
    assert {name for name in trained if not name.endswith(".bias")} == {n for n in new if not n.endswith(".bias")}
    assert trained >= {name for name, _ in network.named_parameters() if name.endswith(".bias")}
