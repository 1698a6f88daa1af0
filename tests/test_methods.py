"""What methods say of themselves: shares, what is trained, and how they stand in the menu."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio.contracts import Head, LoadRequest
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import describe
from studio.spec import TrainingParams
from studio.tasks import TASKS
from studio.tuning import Parts, Saved
from tests import tiny

PAGES = Path(__file__).parent.parent / "docs" / "methods"
PARTS = ["How it works", "Defaults", "Where it does not apply", "What is saved"]


@pytest.mark.parametrize("name", METHODS)
def test_the_page_of_a_method_says_what_is_declared(name: str) -> None:
    entry, page = METHODS[name], (PAGES / f"{name}.md").read_text(encoding="utf-8")
    head, *parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    assert head.split("\n\n")[:2] == [f"# {entry.label}", f"{entry.summary}"]
    assert parts[::2] == PARTS
    own = {option.name for option in describe(entry.options)}
    known = own | {option.name for option in describe(TrainingParams)} | set(METHODS) | {"card_arrival"}
    mentioned = set(re.findall(r"`([a-z][a-z_]*)(?:=[^`]*)?`", page))
    assert own <= mentioned
    assert mentioned <= known
    for rate in entry.learning_rate.values() if entry.trains else ():
        assert f"{rate:g}".replace("e-0", "e-") in page or f"{rate:.0e}".replace("e-0", "e-") in page
    assert ("`AutoModel...from_pretrained`" in parts[-1]) is (entry.saved is Saved.WHOLE)
    refused = [task.label for task in TASKS.values() for f in FAMILIES.values() if entry.obstacle(task, f)]
    assert ("Everywhere it does." in page) is (not refused) or name == "last_layers"


def test_there_is_no_page_of_a_method_that_does_not_exist() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(METHODS)


def test_the_usual_three_come_first() -> None:
    assert list(METHODS)[:3] == ["full", "lora", "head"]


@pytest.mark.parametrize("architecture", ["bert", "roberta", "modernbert"])
def test_bitfit_trains_biases_and_what_is_new(architecture: str, tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path, architecture)
    entry = FAMILIES["bert"]
    network = entry.load(LoadRequest(tmp_path, "", Head.SEQUENCE_CLASSIFICATION, ("a", "b"), 1)).model
    spine = entry.spine(network)
    parts = Parts((), entry.anchors(network), spine, 1, Head.SEQUENCE_CLASSIFICATION)
    METHODS["bitfit"].wrap(network, parts, METHODS["bitfit"].options())
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    new = {name for name, _ in network.named_parameters() if name.split(".")[0] in ("classifier", "head")}
    assert {name for name in trained if not name.endswith(".bias")} == {n for n in new if not n.endswith(".bias")}
    assert trained >= {name for name, _ in network.named_parameters() if name.endswith(".bias")}
