"""A file gets a second place, also on another disk, or stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import files
from studio.errors import StorageError


def test_a_file_is_at_both_places_without_a_copy(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    files.also(source, target)
    assert target.read_bytes() == b"content"
    assert source.stat().st_ino == target.stat().st_ino


def test_a_file_gets_a_place_on_another_disk(tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    source = tmp_path / "source"
    source.write_bytes(b"content")
    with files.temporary_folder(shared) as folder:
        files.also(source, folder / "target")
        assert [path.name for path in folder.iterdir()] == ["target"]
        assert ((folder / "target").read_bytes(), source.read_bytes()) == (b"content", b"content")


def test_what_cannot_be_done_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    with pytest.raises(StorageError, match="Could not"):
        files.also(source, source / "target")  # a file where a folder should be
    with pytest.raises((StorageError, FileNotFoundError)):
        files.also(tmp_path / "gone", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]
