"""The files of a zip or a folder, by safe and readable names. Knows nothing of images.

Nothing is ever unpacked to disk: members are read one at a time, and never more bytes than the archive declares.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from studio.data import folders
from studio.data.formats import _text
from studio.data.formats._records import SkipLog, note, plural
from studio.data.store import Finding
from studio.errors import DataError
from studio.settings import Limits

_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_JUNK = {"__macosx", "thumbs.db", "desktop.ini"}
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what the standard library unpacks piece by piece
_MEMBER_BYTES = 200_000_000
_RATIO, _RATIO_FROM = 1000, 10_000_000  # photos hardly shrink; a member that did by this much is a bomb


@dataclass(frozen=True)
class Files:
    """Names (parts of the path) with a way to read each by its place."""

    names: list[tuple[str, ...]]
    read: Callable[[int], bytes]
    close: Callable[[], None]
    skipped: SkipLog = field(default_factory=SkipLog)
    notes: list[Finding] = field(default_factory=list)


def open_files(path: Path, limits: Limits) -> Files:
    """The files worth looking at. Raises DataError (damaged or encrypted) or LimitError (too many, too large)."""
    return _folder(path, limits) if path.is_dir() else _zip(path, limits)


def _folder(path: Path, limits: Limits) -> Files:
    skipped, junk, kept, size = SkipLog(), 0, [], 0
    for file in folders.entries(path, limits):
        parts = tuple(_text.whole(part) for part in file.relative_to(path).parts)
        why = folders.fault(path, file)
        if _is_junk(parts):
            junk += 1
        elif why:
            skipped.add(_shown("/".join(parts)), why)
        else:
            size += file.stat().st_size
            if _allowed("/".join(parts), file.stat().st_size, skipped):
                kept.append((parts, file))
    folders.check_bytes(size, limits)

    def read(index: int) -> bytes:
        try:
            return kept[index][1].read_bytes()
        except OSError as error:
            raise DataError(f"The file cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None

    return Files([parts for parts, _ in kept], read, lambda: None, skipped, _junk_note(junk))


def _zip(path: Path, limits: Limits) -> Files:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise DataError(
            f"{path.name} is a damaged zip archive.", why=f"{error}.", next="Make the zip again, then import it."
        ) from None
    members = [member for member in archive.infolist() if not member.is_dir()]
    folders.check_count(len(members), limits)
    folders.check_bytes(sum(member.file_size for member in members), limits)
    skipped, junk, kept = SkipLog(), 0, []
    for member, name in zip(members, _names(members), strict=True):
        parts = _safe_parts(name)
        if parts is None:
            skipped.add(_shown(name), "The name points outside the archive.")
        elif _is_junk(parts):
            junk += 1
        elif _member_allowed(member, name, skipped):
            kept.append((parts, member))
    if members and not kept and all(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        archive.close()
        raise DataError(f"{path.name} is protected by a password.", next="Make a zip without one, then import it.")

    def read(index: int) -> bytes:
        try:
            member = kept[index][1]
            with archive.open(member) as opened:
                return opened.read(member.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
            raise DataError("The archive is damaged at this file.") from None

    return Files([parts for parts, _ in kept], read, archive.close, skipped, _junk_note(junk))


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """Member names. Without the UTF-8 mark a name is in the encoding of the machine that wrote it."""
    raw = [m.orig_filename.encode("cp437", "replace") for m in members if not m.flag_bits & _UTF8_FLAG]
    telling = sorted({part for name in raw for part in name.split(b"/") if not part.isascii()})
    encoding = _text.detect_names(telling) if telling else "ascii"
    return [
        m.orig_filename
        if m.flag_bits & _UTF8_FLAG
        else m.orig_filename.encode("cp437", "replace").decode(encoding, "replace")
        for m in members
    ]


def _safe_parts(name: str) -> tuple[str, ...] | None:
    """The parts of a relative path, or None if it is absolute or climbs."""
    unified = name.replace("\\", "/").split("\0")[0]
    parts = tuple(part for part in unified.split("/") if part not in ("", "."))
    if unified.startswith("/") or ".." in parts or not parts or parts[0][1:2] == ":":
        return None
    return parts


def _is_junk(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part.lower() in _JUNK for part in parts)


def _allowed(name: str, size: int, skipped: SkipLog) -> bool:
    if name.lower().endswith(_ARCHIVES):
        skipped.add(_shown(name), "Archives inside the archive are not opened.")
    elif size > _MEMBER_BYTES:
        skipped.add(_shown(name), f"The file is larger than {_MEMBER_BYTES // 10**6} MB.")
    else:
        return True
    return False


def _member_allowed(member: zipfile.ZipInfo, name: str, skipped: SkipLog) -> bool:
    if member.flag_bits & _ENCRYPTED_FLAG:
        skipped.add(_shown(name), "The file is protected by a password.")
        return False
    if member.compress_type not in _PACKINGS:
        skipped.add(_shown(name), "The file is packed in an unusual way; only plain and deflated files are read.")
        return False
    if member.file_size > _RATIO_FROM and member.file_size > _RATIO * max(1, member.compress_size):
        skipped.add(_shown(name), "The file unpacks to more than a thousand times its size.")
        return False
    return _allowed(name, member.file_size, skipped)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:200]


def _junk_note(junk: int) -> list[Finding]:
    message = f"{plural(junk, 'hidden or system file was', 'hidden or system files were')} ignored."
    return [note("junk_files", message, junk)] if junk else []
