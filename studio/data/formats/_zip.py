"""Zip archives: the members worth looking at, their names in whatever encoding, read one at a time."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path

from studio.data import folders
from studio.data.formats import _names
from studio.data.formats._archive import LINK, Files, allowed, shown, sift
from studio.data.formats._records import SkipLog, complaint
from studio.data.store import Finding
from studio.errors import DamagedFile, DataError
from studio.settings import Limits

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what the standard library unpacks piece by piece
_RATIO, _RATIO_FROM = 1000, 10_000_000  # photos hardly shrink; a member that did by this much is a bomb


def open_zip(path: Path, limits: Limits, encoding: str | None = None) -> Files:
    """The files worth looking at; `encoding` is that of names which do not say theirs.

    Raises DataError (damaged or encrypted), LimitError (too many, too large) or InvalidOption (no such encoding).
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise DamagedFile(
            f"{path.name} is a damaged zip archive.", why=complaint(error), next="Make the zip again, then import it."
        ) from None
    members = [member for member in archive.infolist() if not _is_folder(member)]
    folders.check_count(len(members), limits)
    size = sum(member.file_size for member in members)
    folders.check_bytes(size, limits)
    names, told = _named(members, encoding)
    kept, skipped, junk = sift(members, names, _member_allowed)
    if members and not kept and all(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        archive.close()
        raise DamagedFile(f"{path.name} is protected by a password.", next="Make a zip without one, then import it.")

    def read(index: int) -> bytes:
        try:
            member = kept[index][1]
            with archive.open(member) as opened:
                return opened.read(member.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
            raise DataError("The archive is damaged at this file.") from None

    return Files([parts for parts, _ in kept], read, archive.close, skipped, junk, size, told)


def _is_folder(member: zipfile.ZipInfo) -> bool:
    """Some programs of Windows write backslashes; in old Chinese or Japanese names they are halves of signs as well."""
    name = member.filename
    return name.endswith("/") or (name.endswith("\\") and not member.file_size)


def _named(members: list[zipfile.ZipInfo], encoding: str | None) -> tuple[list[str], list[Finding]]:
    """Member names. Without the UTF-8 mark a name is in the encoding of the machine that wrote it."""
    raw = [m.orig_filename.encode("cp437", "replace") for m in members if not m.flag_bits & _UTF8_FLAG]
    names, told = _names.decoded(raw, encoding)
    unsaid = iter(names)
    return [m.orig_filename if m.flag_bits & _UTF8_FLAG else next(unsaid) for m in members], told


def _member_allowed(member: zipfile.ZipInfo, name: str, skipped: SkipLog) -> bool:
    if member.flag_bits & _ENCRYPTED_FLAG:
        skipped.add(shown(name), "The file is protected by a password.")
        return False
    if stat.S_ISLNK(member.external_attr >> 16):
        skipped.add(shown(name), LINK)
        return False
    if member.compress_type not in _PACKINGS:
        skipped.add(shown(name), "The file is packed in an unusual way; only plain and deflated files are read.")
        return False
    if member.file_size > _RATIO_FROM and member.file_size > _RATIO * max(1, member.compress_size):
        skipped.add(shown(name), "The file unpacks to more than a thousand times its size.")
        return False
    return allowed(name, member.file_size, skipped)
