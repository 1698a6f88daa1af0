"""A file is moved whole, also to another disk, or stays where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import files
from studio.errors import StorageError


def test_a_moved_file_is_at_its_new_place_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    files.move(source, target)
    assert (target.read_bytes(), source.exists()) == (b"content", False)


def test_a_file_is_moved_to_another_disk(tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk to move to")
    source = tmp_path / "source"
    source.write_bytes(b"content")
    with files.temporary_folder(shared) as folder:
        files.move(source, folder / "target")
        assert [path.name for path in folder.iterdir()] == ["target"]
        assert ((folder / "target").read_bytes(), source.exists()) == (b"content", False)
        with pytest.raises(FileNotFoundError):
            files.move(source, folder / "other")
        assert [path.name for path in folder.iterdir()] == ["target"]


def test_a_file_that_cannot_be_moved_stays(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    with pytest.raises(StorageError, match="Could not keep target"):
        files.move(source, source / "target")  # a file where a folder should be
    assert source.read_bytes() == b"content"
