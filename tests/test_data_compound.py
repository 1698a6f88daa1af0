"""Old workbooks that say they are larger than they are never reach the library that would ask for so much memory."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from studio.data.formats import _compound
from studio.errors import DamagedFile
from tests import workbooks
from tests.data_helpers import table, write

_HUGE = 2**32 - 1


def _workbook(folder: Path) -> Path:
    return workbooks.xls(folder / "good.xls", {"S": [["text", "label"], ["some words", "a"], ["other words", "b"]]})


def test_a_good_workbook_passes(tmp_path: Path) -> None:
    _compound.check(_workbook(tmp_path))
    assert len(table(_workbook(tmp_path))) == 2


# Of the header: sectors of the directory, of the table, of small streams, of the table's own list. Of the directory,
# which is the second sector after the header: the sizes of the root and of the stream.
@pytest.mark.parametrize("place", [40, 44, 64, 72, 1024 + 120, 1024 + 128 + 120])
def test_a_part_that_is_larger_than_the_file_is_refused(tmp_path: Path, place: int) -> None:
    content = bytearray(_workbook(tmp_path).read_bytes())
    struct.pack_into("<I", content, place, _HUGE)
    with pytest.raises(DamagedFile, match="cannot be read as a workbook"):
        table(write(tmp_path, "bad.xls", bytes(content)))


@pytest.mark.parametrize("length", [8, 511, 1024])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(DamagedFile, match="cannot be read as a workbook"):
        table(write(tmp_path, "bad.xls", _workbook(tmp_path).read_bytes()[:length]))


def test_a_directory_without_an_end_is_left(tmp_path: Path) -> None:
    content = bytearray(_workbook(tmp_path).read_bytes())
    struct.pack_into("<I", content, 512 + 4, 1)  # the directory's sector is its own next
    _compound.check(write(tmp_path, "round.xls", bytes(content)))
