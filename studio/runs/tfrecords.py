"""Rows of TFRecords, read from a file that may be torn, damaged or still growing.

A record is its length (uint64), the length's checksum (4 bytes), the content, the content's checksum (4 bytes), all
little-endian; a checksum is a CRC-32C, rotated and shifted (https://www.tensorflow.org/tutorials/load_data/tfrecord).
What a damaged record held is lost and what follows it is not. Knows nothing of what the records mean.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

MOST_BYTES = 1 << 10  # a longer record is passed over unread: it is no point of a curve but a histogram or a picture
HEADER = struct.Struct("<QI")
_CHECK = struct.Struct("<I")
_LENGTH = struct.Struct("<Q")


def read(file: IO[bytes], start: int) -> Iterator[tuple[bytes | None, int]]:
    """Each complete record from `start` on with the place where it ends; None for one that is too long or damaged."""
    size = file.seek(0, 2)
    place = start
    while place + HEADER.size <= size:
        file.seek(place)
        header = file.read(HEADER.size)
        (length, check) = HEADER.unpack(header)
        if checksum(header[: _LENGTH.size]) != check:
            found = _next_header(file, place + 1)
            if found is None:
                return
            place = found
            yield None, place
            continue
        place += HEADER.size + length + _CHECK.size
        if place > size:
            return
        yield (_content(file, length) if length <= MOST_BYTES else None), place


def checksum(content: bytes) -> int:
    """The masked CRC-32C of a record's length or content."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _content(file: IO[bytes], length: int) -> bytes | None:
    content = file.read(length)
    (check,) = _CHECK.unpack(file.read(_CHECK.size))
    return content if checksum(content) == check else None


def _next_header(file: IO[bytes], start: int) -> int | None:
    """The place of the next header that is whole: what lies before it belongs to a damaged one."""
    file.seek(start)
    rest = file.read()
    at = rest.find(_SHORT)
    while at >= 0:
        place = at + len(_SHORT) - _LENGTH.size
        header = rest[place : place + HEADER.size] if place >= 0 else b""
        if len(header) == HEADER.size and _CHECK.unpack(header[_LENGTH.size :])[0] == checksum(header[: _LENGTH.size]):
            return start + place
        at = rest.find(_SHORT, at + 1)
    return None


def _row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


_TABLE = tuple(map(_row, range(256)))
_SHORT = b"\0" * 5  # how the length of any record that is read ends: it is less than 2 to the 24th
