"""Starts the importer process for a request, shows its progress, and brings back its dataset or its error.

The folder of a request that failed is removed; only the log of a mistake of ours is kept.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio import files, processes
from studio.data import store
from studio.data.store import DatasetRecord
from studio.errors import ImportStopped, InternalError, StudioError, rebuild
from studio.settings import Limits, Settings

IMPORTER = "studio.data.importer"
_POLL_SECONDS = 0.1
# The importer needs no network, and one thread of each library: memory mapped by idle threads counts against its limit.
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def run(settings: Settings, request: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> DatasetRecord:
    """Carry out a request ("import" or "mend") in a process of its own. `report` is given each new progress record.

    Raises the importer's StudioError, or ImportStopped if it was ended by a limit or the system.
    """
    folder = files.make_folder(settings.datasets / request["id"])
    try:
        files.write_json(folder / "request.json", request | {"limits": settings.limits.model_dump()})
        process = processes.launch_detached(IMPORTER, folder, folder / "importer.log", extra=_ENVIRONMENT)
        try:
            _watch(process, folder, settings.limits, report)
        finally:
            _end(process)
        if process.returncode != 0 or not (folder / "dataset.json").is_file():
            raise _failure(settings, folder, process.returncode)
        (folder / "progress.json").unlink(missing_ok=True)
        return store.read(folder)
    except BaseException:
        files.remove(folder)
        raise


def _watch(
    process: subprocess.Popen[bytes], folder: Path, limits: Limits, report: Callable[[dict[str, Any]], None]
) -> None:
    deadline = time.monotonic() + limits.import_seconds
    shown: dict[str, Any] = {}
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise _too_slow(limits)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
        with suppress(OSError, ValueError):
            progress = files.read_json(folder / "progress.json")
            if progress != shown:
                shown = progress
                report(progress)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind: the importer leads a group of its own."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _failure(settings: Settings, folder: Path, returncode: int) -> StudioError:
    """The error that the importer left, or what its end says."""
    if (folder / "error.json").is_file():
        error = rebuild(files.read_json(folder / "error.json"))
        if isinstance(error, InternalError):
            _keep_log(settings, folder)
        return error
    if -returncode == signal.SIGXCPU:
        return _too_slow(settings.limits)
    if returncode > 0:  # it could not even say what is wrong: a library that is missing, say
        _keep_log(settings, folder)
        return InternalError(
            "The importer could not do its work.",
            why=_last_line(folder / "importer.log"),
            next="The folder 'logs' of the workspace has the details; 'studio doctor' looks at the installation.",
        )
    return ImportStopped(
        "The import was stopped before it was done.",
        why=f"The importer may use {settings.limits.import_memory_bytes / 2**30:.1f} GB of memory and "
        f"{settings.limits.import_seconds} seconds; it most likely needed more memory.",
        next="Import a smaller file, or raise STUDIO_LIMITS_IMPORT_MEMORY_BYTES.",
    )


def _too_slow(limits: Limits) -> ImportStopped:
    return ImportStopped(
        f"The import took longer than {limits.import_seconds} seconds and was stopped.",
        next="Import a smaller file, or raise STUDIO_LIMITS_IMPORT_SECONDS.",
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "It left without a word.")


def _keep_log(settings: Settings, folder: Path) -> None:
    logs = files.make_folder(settings.workspace / "logs")
    files.copy(folder / "importer.log", logs / f"import-{folder.name}.log")
