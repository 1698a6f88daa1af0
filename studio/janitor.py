"""Room on the disk: what the workspace takes, what of it can be spared, and keeping within a quota.

Spared is what can be made again or is needed no more: what killed processes left unfinished, exports, tables of
predictions, uploads that became no dataset, and the checkpoints of finished runs (their models stay). Nothing goes that
is at work or was just used.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import disk, files
from studio.data import uploads
from studio.errors import StorageError
from studio.export import shelf
from studio.locks import Lock
from studio.runs import jobs, store
from studio.runs.store import Run, Status
from studio.settings import Settings

Data = dict[str, Any]
IN_USE_SECONDS = 3600.0
BROKEN_OFF_SECONDS = 60.0  # without a byte, after which an upload is taken for broken off
PREDICTIONS = "predictions"
_UNFINISHED = (".*", f"*/{files.STAGED}*")  # among runs, which have ids
_PARTS = ("datasets", "uploads", "runs", shelf.FOLDER, PREDICTIONS)


@dataclass(frozen=True)
class Spare:
    """Something that can go: the lock under which it is removed, or None where nobody locks it."""

    part: str
    path: Path
    bytes: int
    lock: Path | None = None


def room(settings: Settings) -> Data:
    """`bytes` of the workspace, `free` on its disk, the `quota` (0: none), and `parts`: each with `name`, `bytes` and
    the `spare` bytes of it. Checkpoints are counted beside the runs that they belong to."""
    workspace = settings.workspace
    sizes = {part: disk.size(workspace / part) for part in _PARTS}
    sizes["checkpoints"] = sum(disk.size(run.checkpoints) for run in store.every(settings.runs))
    sizes["runs"] -= sizes["checkpoints"]
    whole = disk.size(workspace)
    sizes["other"] = max(0, whole - sum(sizes.values()))
    spare = list(spares(settings))
    parts = [
        {"name": name, "bytes": size, "spare": sum(item.bytes for item in spare if item.part == name)}
        for name, size in sizes.items()
    ]
    free = disk.free_bytes(files.make_folder(workspace))
    return {"bytes": whole, "free": free, "quota": settings.limits.workspace_bytes, "parts": parts}


def spares(settings: Settings) -> Iterator[Spare]:
    """What can go, what is missed least first; but for uploads: telling whose they are takes reading them."""
    for pattern in _UNFINISHED:
        for path in _oldest_first(settings.runs, pattern):
            yield Spare("runs", path, disk.size(path))
    for part in (shelf.FOLDER, PREDICTIONS):
        folder = settings.workspace / part
        for path in _oldest_first(folder, "*.zip" if part == shelf.FOLDER else "*.csv"):
            lock = path.with_suffix(".lock") if part == shelf.FOLDER else None
            yield Spare(part, path, disk.size(path), lock)
    for run in reversed(list(store.every(settings.runs))):
        if run.checkpoints.is_dir() and run.status() is Status.FINISHED:
            yield Spare("checkpoints", run.checkpoints, disk.size(run.checkpoints), run.lock)


def _oldest_first(folder: Path, pattern: str) -> list[Path]:
    """The files and folders that nobody has touched for a while."""
    ages = {}
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            state = path.stat()  # a folder is read by who measures it, so that says nothing
            ages[path] = time.time() - (state.st_mtime if path.is_dir() else max(state.st_mtime, state.st_atime))
    return sorted((path for path, age in ages.items() if age > IN_USE_SECONDS), key=lambda path: -ages[path])


def tidy(settings: Settings, enough: float = float("inf")) -> Data:
    """Remove what can be spared until `enough` bytes are free again: all of it if left out. `bytes` is what went."""
    before = _brought(settings)
    uploads.clean(settings, IN_USE_SECONDS / 3600)
    clear_incoming(settings, IN_USE_SECONDS / 3600)
    freed = before - _brought(settings)
    for spare in spares(settings):
        if freed >= enough:
            break
        freed += spare.bytes if _removed(spare) else 0
    return {"bytes": freed}


def _brought(settings: Settings) -> int:
    return disk.size(settings.workspace / "uploads") + disk.size(settings.incoming)


def clear_incoming(settings: Settings, hours: float) -> None:
    """Remove what arrived that long ago and became nothing, and uploads that broke off: nothing is written to those."""
    for path in settings.incoming.glob("*"):
        with suppress(FileNotFoundError):
            longest = hours * 3600 if path.is_dir() else BROKEN_OFF_SECONDS
            if time.time() - path.stat().st_mtime > longest:
                files.remove(path)


def refusal(settings: Settings, needed: int) -> str:
    """Why there is no room for so many bytes more; empty if there is."""
    try:
        check(settings, needed)
    except StorageError as error:
        return f"{error}\n"
    return ""


def _removed(spare: Spare) -> bool:
    """Whether it went. What somebody works on stays."""
    if spare.lock is None:
        files.remove(spare.path)
        return True
    lock = Lock.take(spare.lock)
    if lock is None:
        return False
    doomed = spare.path
    with lock:
        if spare.part == "checkpoints":
            if Run(spare.path.parent).ended() is not Status.FINISHED:
                return False
            doomed = files.set_aside(spare.path)  # a run whose lock is held seems to be at work: not for gigabytes
        else:
            files.remove(doomed)
    files.remove(doomed)
    return True


def check(settings: Settings, needed: int = 0) -> None:
    """Raise StorageError unless the workspace can be written to and has room for `needed` bytes, on its disk and in
    its quota; what can be spared counts as room in the quota."""
    jobs.check_workspace(settings.workspace, needed)
    over = _over(settings, needed)
    if over > 0 and over > sum(spare.bytes for spare in spares(settings)):
        limit = settings.limits.workspace_bytes
        raise StorageError(
            "The workspace is full.",
            why=f"It may hold {limit / 1e6:,.0f} MB, and {over / 1e6:,.0f} MB more would be needed.",
            next="Delete runs or datasets, or raise STUDIO_LIMITS_WORKSPACE_BYTES.",
        )


def make_room(settings: Settings, needed: int = 0) -> None:
    """As `check`, and what can be spared goes where the quota asks for it."""
    check(settings, needed)
    over = _over(settings, needed)
    if over > 0:
        tidy(settings, over)


def _over(settings: Settings, needed: int) -> int:
    """Bytes by which the quota would be passed; the whole workspace is measured only where there is one."""
    quota = settings.limits.workspace_bytes
    return disk.size(settings.workspace) + needed - quota if quota else 0
