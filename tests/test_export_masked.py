"""A text is asked about by its blanks: the studio and the program of an export answer those, and say where none is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.export import builder
from studio.export.formats import FORMATS
from studio.inference import client
from studio.inference.client import Predictor
from studio.settings import Settings
from studio.tasks import _masks
from tests import tiny
from tests.test_export_builder import plainly, unpacked

TEXTS = ["the ___ was good", "the film was good", "the " * 80 + "___"]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a run on texts without labels."""
    from accelerate.state import AcceleratorState

    workspace = tmp_path_factory.mktemp("masked")
    tiny.NETWORKS["bert"].make(workspace / "network")
    run = tiny.new_run(workspace, "masked_language_modeling", "full", workspace / "network", max_steps=2, epochs=1)
    tiny.run_in_process(run)
    AcceleratorState._reset_state(reset_partial_state=True)
    builder.build(run, FORMATS["model"], workspace / "export.zip")
    return unpacked(workspace / "export.zip", workspace / "export")


@pytest.fixture(scope="module")
def predictor(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    with client.predictor(export, Settings(workspace=tmp_path_factory.mktemp("workspace"))) as found:
        yield found


def test_a_text_without_a_blank_that_is_read_gets_an_error_of_its_own(predictor: Predictor) -> None:
    first, second, third = predictor.predict([{"text": text} for text in TEXTS])
    assert len(first["guesses"]) == 1
    assert second == {"error": _masks.MISSING}
    assert third == {"error": _masks.BEYOND}


def test_the_other_rows_of_a_file_are_answered(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text\n" + "\n".join(TEXTS) + "\n")
    found = predictor.predict_file(tmp_path / "rows.csv", lambda report: None)
    assert [row.get("error") for row in found] == [None, _masks.MISSING, _masks.BEYOND]
    assert found[0]["guesses"]


def test_the_program_of_an_export_says_the_same(export: Path, tmp_path: Path) -> None:
    done = plainly([str(export / "predict.py"), *TEXTS], tmp_path)
    first, second, third = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(first["words"]) == 1
    assert (second["error"], third["error"]) == (_masks.MISSING, _masks.BEYOND)
    assert done.stderr.count("Only 64 tokens can be read") == 1


def test_the_card_speaks_of_no_classes(export: Path) -> None:
    card = (export / "README.md").read_text(encoding="utf-8")
    assert "classes" not in card.partition("## Use")[2].partition("## Results")[0]
    assert "It says what is likely in texts like those" in card
