"""What a folder takes is counted, also while it changes."""

from __future__ import annotations

from pathlib import Path

from studio import disk


def test_everything_in_a_folder_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep").write_bytes(b"x" * 700)
    (tmp_path / "near").write_bytes(b"x" * 30)
    (tmp_path / "round").symlink_to(tmp_path)
    links = (tmp_path / "round").lstat().st_size
    assert disk.size(tmp_path) == 730 + links
    assert disk.size(tmp_path / "near") == 30
    assert disk.size(tmp_path / "missing") == 0
    assert disk.free_bytes(tmp_path) > 0
