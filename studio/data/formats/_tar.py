"""Tar archives, plain or packed with gzip, bzip2 or xz: the members worth looking at, read one at a time.

A packed tar is read from front to back; whoever reads its members in their order has it unpacked once.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from studio.data import folders
from studio.data.formats import _names
from studio.data.formats._archive import LINK, MEMBER_BYTES, Files, allowed, shown, sift
from studio.data.formats._records import SkipLog, complaint
from studio.errors import DamagedFile, DataError, LimitError
from studio.settings import Limits

_PACKINGS = (
    (b"\x1f\x8b", gzip.GzipFile),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ", lzma.LZMAFile),
)
_BLOCK, _MAGIC, _CHECKSUM = 512, slice(257, 262), slice(148, 156)
_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class _Stream:
    """What a packed archive unpacks to. Headers are small: one that asks for more than any file may have is refused."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MEMBER_BYTES:
            raise LimitError("A part of the archive is too large to be read.", next="Make the archive again.")
        return self.file.read(size)

    def seek(self, place: int) -> int:
        return self.file.seek(place)

    def tell(self) -> int:
        return self.file.tell()


def recognise(path: Path, head: bytes) -> bool:
    """Whether the content is a tar archive, packed or not. `head` is its first bytes."""
    if not any(head.startswith(signature) for signature, _ in _PACKINGS):
        return _is_header(head[:_BLOCK])
    try:
        with _opened(path, head) as file:
            return _is_header(file.read(_BLOCK))
    except _DAMAGE:
        return False


def _opened(path: Path, head: bytes) -> IO[bytes]:
    unpack = next((opener for signature, opener in _PACKINGS if head.startswith(signature)), None)
    opened: Any = path.open("rb") if unpack is None else unpack(path)
    return cast("IO[bytes]", opened)


def _is_header(block: bytes) -> bool:
    """A header has a mark, or (before POSIX) at least a checksum that is right."""
    if len(block) < _BLOCK:
        return False
    if block[_MAGIC] == b"ustar":
        return True
    told = block[_CHECKSUM].strip(b" \0")
    counted = sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")
    return bool(told) and block[0] != 0 and set(told) <= set(b"01234567") and int(told, 8) == counted


def open_tar(path: Path, head: bytes, limits: Limits, encoding: str | None = None) -> Files:
    """The files worth looking at; `encoding` is that of their names.

    Raises DataError (damaged), LimitError (too many, too large) or InvalidOption (no such encoding).
    """
    file = _opened(path, head)
    try:
        stream: Any = _Stream(file)
        archive = tarfile.TarFile(fileobj=stream, encoding="utf-8", errors="surrogateescape")
        members = list(_members(archive, limits))
    except (LimitError, *_DAMAGE) as error:
        file.close()
        raise error if isinstance(error, LimitError) else _damaged(path, error) from None
    raw = [member.name.encode("utf-8", "surrogateescape") for member in members]
    names, told = _names.decoded(raw, encoding)
    kept, skipped, junk = sift(members, names, _member_allowed)

    def read(index: int) -> bytes:
        try:
            opened = archive.extractfile(kept[index][1])
            content = opened.read() if opened else b""
        except _DAMAGE:
            raise DataError("The archive is damaged at this file.") from None
        if len(content) < kept[index][1].size:
            raise DataError("The archive is damaged at this file.")
        return content

    def close() -> None:
        archive.close()
        file.close()

    size = sum(member.size for member in members)
    return Files([parts for parts, _ in kept], read, close, skipped, junk, size, told)


def _damaged(path: Path, error: Exception) -> DamagedFile:
    advice = "Make it again, then import it."
    return DamagedFile(f"{path.name} is a damaged archive.", why=complaint(error), next=advice)


def _members(archive: tarfile.TarFile, limits: Limits) -> Iterator[tarfile.TarInfo]:
    """All members but folders. What comes after one that is too large is not even unpacked."""
    count, size = 0, 0
    while (member := archive.next()) is not None:
        if member.isdir():
            continue
        count, size = count + 1, size + member.size
        folders.check_count(count, limits)
        folders.check_bytes(size, limits)
        yield member


def _member_allowed(member: tarfile.TarInfo, name: str, skipped: SkipLog) -> bool:
    if not member.isreg():
        skipped.add(shown(name), LINK if member.issym() or member.islnk() else "It is not a regular file.")
        return False
    return allowed(name, member.size, skipped)
