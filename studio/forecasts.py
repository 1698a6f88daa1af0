"""Measured costs of runs, kept: a run like one that was measured before on this machine need not be measured again.

`forecasts/<hash>.json` of the workspace holds one. What makes two runs alike is their spec without what changes no cost
(seed, preset's name, dataset's id), the versions of the libraries, and the machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from studio import files, processes
from studio.runs import jobs
from studio.settings import Settings
from studio.spec import RunSpec

Data = dict[str, Any]

MOST_KEPT = 500
_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")
_SECONDS = 0.3  # between two looks at whether another measurement is over
# What every forecast has; a file without one of these is not one, or is of another version.
_NUMBERS = (
    "seconds", "seconds_per_step", "steps", "memory_bytes", "micro_batch", "batch_size", "trainable_parameters",
    "total_parameters", "measured_at",
)  # fmt: skip


def known(settings: Settings, spec: RunSpec) -> Data | None:
    """The kept forecast of a run like this one, or None."""
    return _read(_file(settings, spec))


def measure(settings: Settings, spec: RunSpec, report: Callable[[Data], None]) -> Data:
    """The forecast of a run, measured where none is kept: what `jobs.forecast` returns, and when (`measured_at`).

    One measurement at a time, for two would measure each other. `report` is called a few times a second; it may raise
    to give up, which ends the measuring process. Raises what `jobs.forecast` raises.
    """
    file = _file(settings, spec)
    if (kept := _read(file)) is not None:
        return kept
    files.make_folder(file.parent)
    began = time.monotonic()
    while (lock := files.Lock.take(file.parent / "lock")) is None:
        report({"phase": "waiting for another measurement", "seconds": round(time.monotonic() - began, 1)})
        time.sleep(_SECONDS)
    with lock:
        if (kept := _read(file)) is not None:
            return kept
        found = jobs.forecast(settings.runs, spec, report) | {"measured_at": time.time()}
        _forget_oldest(file.parent)
        files.write_json(file, found)
        return found


def _file(settings: Settings, spec: RunSpec) -> Path:
    alike = spec.model_dump(mode="json", exclude={"dataset": True, "preset": True, "training": {"seed"}})
    told = json.dumps([alike, _versions(), _machine()], sort_keys=True)
    name = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return settings.workspace / "forecasts" / f"{name}.json"


def _versions() -> list[str]:
    found = []
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            found.append(f"{library} {version(library)}")
    return found


def _machine() -> list[str]:
    """What decides how fast this machine is, as far as it is told without asking a driver."""
    told = [platform.machine(), f"{processes.cores()} cores", f"GPUs {os.environ.get('CUDA_VISIBLE_DEVICES', 'all')}"]
    for file in (Path("/proc/cpuinfo"), *sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))):
        with suppress(OSError):
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            told += next(([line] for line in lines if line.lower().startswith(("model name", "model:"))), [])
    return told


def _read(file: Path) -> Data | None:
    """A kept forecast; None where there is none, or something else."""
    with suppress(OSError, ValueError, RecursionError):
        found = files.read_json(file)
        if isinstance(found, dict) and all(_is_number(found.get(name)) for name in _NUMBERS):
            return found
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _forget_oldest(folder: Path) -> None:
    """Make room for one more."""
    kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in kept[: max(0, len(kept) + 1 - MOST_KEPT)]:
        files.remove(file)
