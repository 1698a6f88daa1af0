"""The zip of an export is unpacked only if it can be nothing else."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from studio.errors import LimitError, MissingFile, ModelRefused
from studio.inference import layout
from studio.settings import Limits


def zipped(path: Path, names: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return path


def test_only_the_parts_of_a_model_are_unpacked(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"config.json": b"{}", "base/model.safetensors": b"x", "predict.py": b"1"})
    layout.unpack(archive, tmp_path / "out", Limits())
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*"))
    assert found == ["base/model.safetensors", "config.json"]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "base/../../evil.json", "C:/evil.json", "a\\..\\b.json"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"config.json": b"{}"})
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(zipfile.ZipInfo(name), b"{}")
    with pytest.raises(ModelRefused, match=r"names that lead out of its folder"):
        layout.unpack(archive, tmp_path / "out", Limits())
    assert not list(tmp_path.rglob("evil*"))


def test_a_link_is_refused(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("config.json")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(ModelRefused):
        layout.unpack(tmp_path / "a.zip", tmp_path / "out", Limits())


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"model.safetensors": b"\0" * 1000})
    with pytest.raises(LimitError, match=r"too large"):
        layout.unpack(archive, tmp_path / "out", Limits(archive_bytes=999))


def test_what_is_no_zip_and_no_export_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelRefused, match=r"is no zip"):
        layout.unpack(tmp_path / "a.zip", tmp_path / "out", Limits())
    with pytest.raises(MissingFile):
        layout.unpack(tmp_path / "b.zip", tmp_path / "out", Limits())
    with pytest.raises(ModelRefused, match=r"There is no model of the studio"):
        layout.about(tmp_path)
    (tmp_path / layout.ABOUT).write_text('{"version": 1, "spec": {}}', encoding="utf-8")
    with pytest.raises(ModelRefused, match=r"damaged, or a newer studio made it"):
        layout.about(tmp_path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_packing_is_refused(packing: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", packing) as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ModelRefused, match=r"unusually packed"):
        layout.unpack(tmp_path / "a.zip", tmp_path / "out", Limits())
