"""The starting weights that come with the studio: what their absence costs, and terms that go along through runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import files, models
from studio.families import FAMILIES
from studio.runs import events, store
from studio.settings import Mode
from tests.cases import SPEC

STARTER = FAMILIES["resnet"].checkpoints[0]


def write_model(folder: Path) -> Path:
    """What counts as a whole network, as long as nobody loads it."""
    files.write_json(files.make_folder(folder) / "config.json", {"model_type": "resnet"})
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def note(model: str, runs: Path) -> str:
    return next(choice.note for choice in models.menu(runs) if choice.checkpoint.id == model)


def test_without_its_folder_the_rest_of_the_menu_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(models, "ASSETS", tmp_path / "assets")
    folder = write_model(tmp_path / "assets" / STARTER.source.location)
    assert note(STARTER.id, tmp_path) == ""
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_bytes(b"{ damaged")
    notes = [note(STARTER.id, tmp_path)]
    files.remove(folder)
    notes.append(note(STARTER.id, tmp_path))
    assert notes == ["The folder assets/starter-resnet of the studio is missing or not whole."] * 2
    assert models.offline_advice(tmp_path) == "These models work offline: minilm-l6."


@pytest.mark.parametrize("terms", ["", "Not for sale."])
def test_the_terms_of_the_first_weights_go_along_from_run_to_run(tmp_path: Path, terms: str) -> None:
    run = store.create(tmp_path, SPEC.model_copy(update={"terms": terms}), "first", "local")
    events.append(run.log, events.Finished(3))
    write_model(run.model)
    assert models.resolve("first", tmp_path, Mode.LOCAL).checkpoint.terms == terms
