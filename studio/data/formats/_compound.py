"""Compound files, in which old workbooks lie: whether they can be what they say, looked at before a library opens them.

A reader asks for as much memory as a damaged entry says, and is ended where there is not as much.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_HEADER, _ENTRY = 512, 128
_LISTED = 109  # sectors of the table that the header names
_NONE = 0xFFFFFFFA  # numbers from here on are no sectors


def check(path: Path) -> None:
    """Raises OSError where a part says that it is larger than the whole file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            raise OSError("it ends in its header")
        sector = 4096 if struct.unpack_from("<H", header, 26)[0] == 4 else 512
        counts = (struct.unpack_from("<I", header, place)[0] for place in (40, 44, 64, 72))
        entries = _entries(file, header, sector, size // sector + 1)
        if any(count * sector > size for count in counts) or any(_length(entry, sector) > size for entry in entries):
            raise OSError("a part is larger than the file")


def _length(entry: bytes, sector: int) -> int:
    """What an entry of the directory says of its size in bytes."""
    return int(struct.unpack_from("<Q" if sector > _HEADER else "<I", entry, 120)[0])


def _entries(file: BinaryIO, header: bytes, sector: int, most: int) -> Iterator[bytes]:
    """The entries of the directory that have a name, by the chain of its sectors."""
    table = struct.unpack_from(f"<{_LISTED}I", header, 76)
    place, seen = struct.unpack_from("<I", header, 48)[0], 0
    while place < most and seen < most:
        block = _sector(file, place, sector)
        named = (block[start : start + _ENTRY] for start in range(0, len(block) - _ENTRY + 1, _ENTRY))
        yield from (entry for entry in named if entry[64:66] != b"\0\0")
        part, within = divmod(place, sector // 4)
        if part >= _LISTED or table[part] >= _NONE:
            return
        links = _sector(file, table[part], sector)
        if len(links) < sector:
            return
        place, seen = struct.unpack_from("<I", links, 4 * within)[0], seen + 1


def _sector(file: BinaryIO, number: int, sector: int) -> bytes:
    file.seek((number + 1) * sector)
    return file.read(sector)
