"""A folder is imported whole or with a list of what was left out, and never more than is allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from studio.data import folders
from studio.data.upload import ImportRequest, content_hash, import_dataset
from studio.errors import DataError, LimitError, MissingFile
from studio.settings import Limits, Settings
from tests.data_helpers import images, png


def _photos(folder: Path, count: int = 2) -> Path:
    for name in [f"{label}/{i}.png" for label in ("cat", "dog") for i in range(count)]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(len(name)))
    return folder


def test_a_part_of_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    root = _photos(tmp_path / "set")
    (root / "cat").chmod(0)
    depth = os.open(root, os.O_RDONLY)
    for _ in range(20):  # so deep that the system does not take the path: this no user may list
        os.mkdir("d" * 250, dir_fd=depth)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=depth)
        os.close(depth)
        depth = below
    os.close(depth)
    for attempt in (content_hash, images, lambda path: folders.check(path, Limits())):
        with pytest.raises(MissingFile, match=r"The folder .* cannot be read"):
            attempt(root)
    (root / "cat").chmod(0o755)


def test_links_that_lead_out_and_broken_ones_are_skipped_with_a_reason(tmp_path: Path) -> None:
    root = _photos(tmp_path / "set")
    (tmp_path / "secret.png").write_bytes(png(99))
    before = content_hash(root)
    (root / "cat" / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "cat" / "round").symlink_to(root)
    (root / "cat" / "gone.png").symlink_to(root / "nowhere.png")
    read = images(root)
    assert {item.where: item.why for item in read.skipped.items} == {
        "cat/out.png": "The link leads out of the folder.",
        "cat/round": "Links to folders are not followed.",
        "cat/gone.png": "It is not a regular file.",
    }
    assert len(read.items) == 4
    assert content_hash(root) == before


def test_a_file_that_went_away_is_an_unreadable_image(tmp_path: Path) -> None:
    read = images(_photos(tmp_path / "set"))
    (tmp_path / "set" / "cat" / "0.png").unlink()
    with pytest.raises(DataError, match="cannot be read: no such file"):
        read.read(read.items[0])


def test_a_folder_over_the_limits_is_refused_before_it_is_read(tmp_path: Path) -> None:
    request = ImportRequest(_photos(tmp_path / "set"))
    for limits, message in ((Limits(archive_members=3), "more than 3 files"), (Limits(archive_bytes=100), "unpack to")):
        with pytest.raises(LimitError, match=message):
            import_dataset(Settings(workspace=tmp_path / "w", limits=limits), request, lambda _: None)
    assert not (tmp_path / "w").exists()
