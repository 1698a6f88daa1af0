"""A packed file is read as what is inside it; bombs and damaged ones are refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from studio.data.formats import packed, recognise
from studio.data.reading import ReadOptions
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits
from tests import workbooks
from tests.data_helpers import archive, build, png, reviews, table, write


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": _zstd,
}
_every_packer = pytest.mark.parametrize("kind", _PACKERS)


@_every_packer
@pytest.mark.parametrize("name", ["a.csv.{}", "a.{}", "a.csv", "a"])
def test_a_packed_table_is_read_whatever_it_is_called(tmp_path: Path, kind: str, name: str) -> None:
    record, _ = build(tmp_path, write(tmp_path, name.format(kind), _PACKERS[kind](reviews().encode())))
    assert (record.rows, record.format) == (40, "packed")


@_every_packer
def test_the_file_inside_is_recognised_by_its_content(tmp_path: Path, kind: str) -> None:
    lines = b'{"text": "a b", "label": "x"}\n' * 3
    assert len(table(write(tmp_path, f"a.{kind}", _PACKERS[kind](lines)))) == 3
    book = workbooks.xlsx(tmp_path / "b.xlsx", {"S": [["text", "label"], ["a b", "x"]]}).read_bytes()
    assert list(table(write(tmp_path, f"b.xlsx.{kind}", _PACKERS[kind](book))).columns) == ["text", "label"]


@_every_packer
def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, f"a.csv.{kind}", _PACKERS[kind](b"text,label\n" + b"\n" * 60_000_000))
    start = time.monotonic()
    with pytest.raises(LimitError, match="unpacks to more than 50 MB"):
        table(path)
    with pytest.raises(LimitError, match="unpacks to more than 1 MB"):
        packed.read(path, ReadOptions(), Limits(archive_bytes=1_000_000))
    assert time.monotonic() - start < 30


@_every_packer
def test_damaged_files_are_refused_in_plain_words(tmp_path: Path, kind: str) -> None:
    whole = _PACKERS[kind](reviews(5_000).encode())
    broken = bytearray(whole)
    broken[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    changed = [bytes(broken)] if kind != "zst" else []  # it need not have a checksum
    for content in (whole[: len(whole) // 2], whole[:12], *changed):
        with pytest.raises(DataError, match=r"a\.csv\.\w+ (is damaged or incomplete|holds an empty file)"):
            table(write(tmp_path, f"a.csv.{kind}", content))


@_every_packer
def test_nothing_is_left_beside_the_dataset(tmp_path: Path, kind: str) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = write(tmp_path, f"a.csv.{kind}", _PACKERS[kind](reviews().encode()))
    packed.read(path, ReadOptions(scratch=scratch), Limits())
    assert list(scratch.iterdir()) == []


def test_a_file_packed_twice_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="packed twice"):
        table(write(tmp_path, "a.gz", gzip.compress(gzip.compress(b"x"))))
    with pytest.raises(EmptyFile, match="holds an empty file"):
        table(write(tmp_path, "a.gz", gzip.compress(b"")))


def test_a_zip_with_one_table_is_read_as_the_table(tmp_path: Path) -> None:
    members = {"data/reviews.csv": reviews().encode(), "__MACOSX/data/._reviews.csv": b"x", "data/.DS_Store": b"y"}
    record, _ = build(tmp_path, archive(tmp_path / "a.zip", members))
    assert (record.rows, record.format) == (40, "zipped")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed_file:
        packed_file.writestr("../../b.csv", reviews() + "\n" * 60_000_000)
    with pytest.raises(LimitError, match="unpacks to more than 50 MB"):
        table(tmp_path / "b.zip")
    assert not list(tmp_path.parent.glob("b.csv"))


def test_a_zip_of_images_or_of_several_files_is_no_packed_table(tmp_path: Path) -> None:
    images = {f"{'ab'[i % 2]}/{i}.png": png(i) for i in range(4)}
    assert recognise(archive(tmp_path / "a.zip", images)).name == "image_folders"
    assert recognise(archive(tmp_path / "b.zip", images | {"labels.csv": b"x"})).name == "image_folders"
    assert recognise(archive(tmp_path / "c.zip", {"a.csv": b"x", "b.csv": b"y"})).name == "image_folders"
