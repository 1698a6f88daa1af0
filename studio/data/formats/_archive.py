"""The files of an archive or a folder, by safe and readable names. Knows nothing of images.

Nothing is ever unpacked to disk: members are read one at a time, and never more bytes than the archive declares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from studio.data import folders
from studio.data.formats import _text
from studio.data.formats._records import SkipLog
from studio.data.notes import note, plural
from studio.data.store import Finding
from studio.errors import DataError
from studio.settings import Limits

T = TypeVar("T")
MEMBER_BYTES = 200_000_000
OUTSIDE = "The name points outside the archive."
LINK = "It is a link, which is not followed."
_JUNK = {"__macosx", "thumbs.db", "desktop.ini"}
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".tbz2", ".txz", ".bz2", ".xz")


@dataclass(frozen=True)
class Files:
    """Names (parts of the path) with a way to read each by its place.

    `junk` counts the hidden and system files that were ignored; `size` is what all files unpack to, in bytes; `told` is
    what is to be said of the names.
    """

    names: list[tuple[str, ...]]
    read: Callable[[int], bytes]
    close: Callable[[], None]
    skipped: SkipLog = field(default_factory=SkipLog)
    junk: int = 0
    size: int = 0
    told: Sequence[Finding] = ()

    def notes(self) -> list[Finding]:
        message = f"{plural(self.junk, 'hidden or system file was', 'hidden or system files were')} ignored."
        return [*self.told, *([note("junk_files", message, self.junk)] if self.junk else [])]


def open_folder(path: Path, limits: Limits, without: frozenset[Path] = frozenset()) -> Files:
    """The files of a folder but those `without`. Raises MissingFile, LimitError (too many, too large)."""
    skipped, junk, kept, size = SkipLog(), 0, [], 0
    for file in (file for file in folders.entries(path, limits) if file not in without):
        parts = tuple(_text.whole(part) for part in file.relative_to(path).parts)
        why = folders.fault(path, file)
        if is_junk(parts):
            junk += 1
        elif why:
            skipped.add(shown("/".join(parts)), why)
        else:
            size += file.stat().st_size
            if allowed("/".join(parts), file.stat().st_size, skipped):
                kept.append((parts, file))
    folders.check_bytes(size, limits)

    def read(index: int) -> bytes:
        try:
            return kept[index][1].read_bytes()
        except OSError as error:
            raise DataError(f"The file cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None

    return Files([parts for parts, _ in kept], read, lambda: None, skipped, junk, size)


def sift(
    members: Sequence[T], names: Sequence[str], wanted: Callable[[T, str, SkipLog], bool]
) -> tuple[list[tuple[tuple[str, ...], T]], SkipLog, int]:
    """The members of an archive worth looking at with the parts of their names, those that are not, with the reason,
    and how many are junk. `wanted` judges a member whose name is sound, and lists it where it refuses."""
    skipped, junk, kept = SkipLog(), 0, []
    for member, name in zip(members, names, strict=True):
        parts = safe_parts(name)
        if parts is None:
            skipped.add(shown(name), OUTSIDE)
        elif is_junk(parts):
            junk += 1
        elif wanted(member, name, skipped):
            kept.append((parts, member))
    return kept, skipped, junk


def safe_parts(name: str) -> tuple[str, ...] | None:
    """The parts of a relative path, or None if it is absolute or climbs."""
    unified = name.replace("\\", "/").split("\0")[0]
    parts = tuple(part for part in unified.split("/") if part not in ("", "."))
    if unified.startswith("/") or ".." in parts or not parts or parts[0][1:2] == ":":
        return None
    return parts


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether a file is hidden or the work of a system, and no one brought it."""
    return any(part.startswith(".") or part.lower() in _JUNK for part in parts)


def allowed(name: str, size: int, skipped: SkipLog) -> bool:
    """Whether a file is worth reading by its name and its size in bytes; the others are listed with the reason."""
    if name.lower().endswith(_ARCHIVES):
        skipped.add(shown(name), "Archives inside the archive are not opened.")
    elif size > MEMBER_BYTES:
        skipped.add(shown(name), f"The file is larger than {MEMBER_BYTES // 10**6} MB.")
    else:
        return True
    return False


def shown(name: str) -> str:
    """A name as it may stand in a list."""
    return "".join(c if c.isprintable() else "?" for c in name)[:200]
