"""One dataset that cannot be read costs that dataset, and is named in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import files
from studio.data import store
from studio.errors import UnknownName, WrongState
from tests.data_helpers import build, reviews, write


@pytest.mark.parametrize("damage", [b"", b'{"version": 1', b"[]", b"\xff"])
def test_a_damaged_record_is_left_out_of_lists_and_named_when_asked_for(tmp_path: Path, damage: bytes) -> None:
    whole, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(40)))
    broken, second = build(tmp_path, write(tmp_path, "b.csv", reviews(50)))
    (second / "dataset.json").write_bytes(damage)
    assert [record.id for record in store.every(tmp_path / "datasets")] == [whole.id]
    assert store.find(tmp_path / "datasets", "x").id == whole.id
    with pytest.raises(WrongState, match=r"made by a newer version, or is damaged"):
        store.find(tmp_path / "datasets", broken.id)
    with pytest.raises(UnknownName):
        store.find(tmp_path / "datasets", "b")
    assert store.read(folder) == whole


def test_a_record_of_a_newer_version_is_not_guessed_at(tmp_path: Path) -> None:
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(40)))
    files.write_json(folder / "dataset.json", json.loads(record.model_dump_json()) | {"version": store.VERSION + 1})
    with pytest.raises(WrongState, match="newer version"):
        store.read(folder)
    assert store.every(tmp_path / "datasets") == []


def test_a_dataset_knows_every_file_that_training_reads(tmp_path: Path) -> None:
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(40)))
    assert {name.partition("/")[0] for name in record.files} == {"rows"}
    assert len(record.files) == 3
    assert store.altered(folder) == []
    name = min(record.files)
    (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"x")
    assert store.altered(folder) == [name]
    files.write_json(folder / "dataset.json", json.loads(record.model_dump_json()) | {"files": {}})
    assert store.altered(folder) == []  # of an older studio: nobody knows
