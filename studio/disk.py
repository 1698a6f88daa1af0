"""How much the disk holds of something, and how much is free."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def size(path: Path) -> int:
    """Bytes of a file, or of everything in a folder; what is removed meanwhile does not count."""
    if not path.is_dir():
        with suppress(OSError):
            return path.stat().st_size
        return 0
    total = 0
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            with suppress(OSError):
                inside = entry.is_dir(follow_symlinks=False)
                total += size(path / entry.name) if inside else entry.stat(follow_symlinks=False).st_size
    return total


def free_bytes(path: Path) -> int:
    """Bytes free on the disk that holds `path`."""
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize
