"""Crash points: a process that ends itself, as by a power cut, right before any chosen change it makes to its run.

Production code knows nothing of this. Python tells an audit hook of every file it opens for writing, renames, removes
and so on; waiting for the disk (`fsync`) is wrapped. The points are these calls, numbered from 1 in the order in which
an undisturbed worker comes to them. To end before each is to end after the one before it as well.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink")
TALLY = "points"  # where the calls are written down, one a line, beside the run's folder


def arm(folder: Path, point: int, error: int = 0, lasts: bool = False) -> None:
    """End this process at crash point number `point` of the run in `folder`; with 0, only write the points down. With
    the number of an `error`, let that change fail with it instead, and all that follow if it `lasts`.

    An appended file that was not waited for yet loses a part of what it had not: so a power cut may leave it.
    """
    passed = 0
    synced = {str(path): path.stat().st_size for path in folder.rglob("*") if path.is_file()}  # by those before us
    tally = None if point else os.open(tally_of(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    place, wait = f"{folder}{os.sep}", os.fsync

    def reach(what: str, path: str) -> None:
        nonlocal passed
        if not path.startswith(place):
            return
        passed += 1
        if tally is not None:
            os.write(tally, f"{what} {path.removeprefix(place)}\n".encode())
        elif error and (passed == point or (lasts and passed > point)):
            raise OSError(error, os.strerror(error), path)
        elif passed == point and not error:
            if what == "fsync":
                _tear(path, synced.get(path, 0))
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(descriptor: int) -> None:
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        reach("fsync", path)
        wait(descriptor)
        synced[path] = os.fstat(descriptor).st_size

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES:
            reach(event, _absolute(arguments[0], arguments[-1]))
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            reach("open", _absolute(arguments[0], None))

    os.fsync = fsync  # type: ignore[assignment]  # of the standard library's two kinds of descriptors we use one
    sys.addaudithook(hook)


def tally_of(folder: Path) -> Path:
    return folder.with_name(f".{TALLY}-{folder.name}")


def points(folder: Path) -> list[str]:
    """The crash points that a run which only wrote them down came to."""
    return tally_of(folder).read_text().splitlines()


def _absolute(path: Any, parent: Any) -> str:
    """The path a change is made to, if need be from the open folder it is relative to; nothing for a descriptor."""
    if not isinstance(path, str | bytes | os.PathLike):
        return ""
    name = os.fsdecode(path)
    within = isinstance(parent, int) and parent >= 0 and not name.startswith(os.sep)
    return str(Path(f"/proc/self/fd/{parent}").readlink() / name) if within else name


def _tear(path: str, kept: int) -> None:
    """Cut a file that only grows in the middle of what was not waited for."""
    if path.endswith((".jsonl",)) or "tfevents" in path:
        size = Path(path).stat().st_size
        os.truncate(path, kept + (size - kept) // 2)
