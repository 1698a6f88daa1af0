"""Suspects are looked for in a process of their own, kept with the dataset, and shown with their rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import files, suspects
from studio.api import ImportRequest, Studio
from studio.errors import WrongState
from studio.settings import Settings
from tests.data_helpers import reviews, write


def test_labels_are_looked_through_and_corrected(tmp_path: Path) -> None:
    studio = Studio(Settings(workspace=tmp_path / "workspace"))
    rows = "".join(
        f"{('how do I reset my password', 'where is my parcel now')[i % 2]} {i},{('account', 'delivery')[i % 2]}\n"
        for i in range(120)
    )
    wrong = "i forgot my password and cannot log in,delivery\n"
    file = write(tmp_path, "mail.csv", f"text,label\n{rows}{wrong}")
    dataset = studio.import_dataset(ImportRequest(file))["dataset"]
    assert studio.choices.known_suspects(dataset) is None
    phases: list[str] = []
    found = studio.choices.suspects(dataset, None, lambda progress: phases.append(progress["phase"]))
    assert (found["rows"], set(phases)) == (121, {"judging rows"})
    first = (studio.choices.known_suspects(dataset, 0, 1) or {})["suspects"][0]
    assert (first["input"], first["label"], first["suggested"]) == (wrong.split(",")[0], "delivery", "account")
    assert first["line"] == "mail.csv:122"
    copy = studio.choices.relabel(dataset, {first["row"]: first["suggested"]})
    assert (copy["rows"], copy["original"]) == (121, dataset)
    assert copy["mends"] == [{"code": "wrong_labels", "removed": 0, "changed": 1}]
    assert studio.choices.known_suspects(copy["dataset"]) is None
    assert not [path for path in (tmp_path / "workspace" / "runs").iterdir() if path.name.startswith(".")]


def test_words_with_tags_are_not_looked_through(tmp_path: Path) -> None:
    studio = Studio(Settings(workspace=tmp_path / "workspace"))
    file = write(tmp_path, "a.conll", "".join(f"Anna{i} B-PER\nran O\n\n" for i in range(30)))
    dataset = studio.import_dataset(ImportRequest(file))["dataset"]
    with pytest.raises(WrongState, match="where each row has one class"):
        studio.choices.suspects(dataset)


@pytest.mark.parametrize("content", ["[]", "{}", '{"suspects": 3}', "no json"])
def test_an_answer_that_is_none_counts_as_not_there(tmp_path: Path, content: str) -> None:
    studio = Studio(Settings(workspace=tmp_path / "workspace"))
    dataset = studio.import_dataset(ImportRequest(write(tmp_path, "a.csv", reviews(60))))
    files.write_bytes(Path(dataset["folder"]) / suspects.NAME, content.encode())
    assert studio.choices.known_suspects(dataset["dataset"]) is None
