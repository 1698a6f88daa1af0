"""The files of a folder that is imported: found without losing any silently, and counted before any is read.

Knows nothing of what the files hold.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from studio.errors import LimitError, MissingFile
from studio.settings import Limits


def entries(root: Path, limits: Limits | None) -> list[Path]:
    """Every file and every link below a folder, in order of the names. Raises MissingFile, LimitError (too many)."""
    found: list[Path] = []
    for folder, subfolders, names in os.walk(root, onerror=_unreadable):
        subfolders.sort()
        links = [name for name in subfolders if _is_link(Path(folder) / name)]
        found += [Path(folder) / name for name in sorted([*links, *names])]
        if limits is not None:
            check_count(len(found), limits)
    return found


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError as error:
        _unreadable(error)


def fault(root: Path, file: Path) -> str:
    """Why an entry is not read, or nothing."""
    try:
        target = os.path.realpath(file)
        if file.is_symlink() and not Path(target).is_relative_to(os.path.realpath(root)):
            return "The link leads out of the folder."
        if file.is_dir():
            return "Links to folders are not followed."
        if not file.is_file():
            return "It is not a regular file."
        return "" if os.access(file, os.R_OK) else "The permissions of the file do not allow reading it."
    except OSError as error:
        return f"The file cannot be read: {(error.strerror or 'unknown reason').lower()}."


def check(root: Path, limits: Limits) -> None:
    """Raises MissingFile if a part of the folder cannot be listed, LimitError if there is too much in it."""
    found = [file for file in entries(root, limits) if not fault(root, file)]
    check_bytes(sum(file.stat().st_size for file in found), limits)


def check_count(count: int, limits: Limits) -> None:
    if count > limits.archive_members:
        raise LimitError(
            f"The archive has more than {limits.archive_members:,} files.",
            next="Import a part of it, or raise STUDIO_LIMITS_ARCHIVE_MEMBERS.",
        )


def check_bytes(size: int, limits: Limits) -> None:
    if size > limits.archive_bytes:
        raise LimitError(
            f"The files unpack to {size / 1e9:,.1f} GB; the limit is {limits.archive_bytes / 1e9:,.1f} GB.",
            next="Import a part of them, or raise STUDIO_LIMITS_ARCHIVE_BYTES.",
        )


def _unreadable(error: OSError) -> NoReturn:
    raise MissingFile(
        f"The folder {str(error.filename)[-200:]} cannot be read.",
        why=f"{error.strerror}.",
        next="Correct its permissions or take it out, then import again.",
    ) from error
