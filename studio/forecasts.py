"""Measured costs of runs, kept: a run like one that was measured before on this machine need not be measured again.

`forecasts/<hash>.json` of the workspace holds one. What makes two runs alike is their spec without what changes no cost
(seed, preset's name, dataset's id), the versions of the libraries, and the machine. Limits of time are none of it: what
they leave depends on when somebody asks.
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
from studio.locks import Lock
from studio.runs import jobs
from studio.settings import Settings
from studio.spec import RunSpec, TrainingParams
from studio.training import deadline

Data = dict[str, Any]

MOST_KEPT = 500
_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")
_COST_NOTHING = ("seed", "max_minutes", "finish_by")  # training options that change nothing of what is measured
_SECONDS = 0.3  # between two looks at whether another measurement is over
# What every forecast has; a file without one of these is not one, or is of another version.
_NUMBERS = (
    "seconds", "seconds_per_step", "steps", "memory_bytes", "micro_batch", "batch_size", "trainable_parameters",
    "total_parameters", "measured_at",
)  # fmt: skip


def known(settings: Settings, spec: RunSpec) -> Data | None:
    """The kept forecast of a run like this one, were it started now; or None."""
    kept = _read(_file(settings, spec))
    return None if kept is None else within(kept, spec.training)


def measure(settings: Settings, spec: RunSpec, report: Callable[[Data], None]) -> Data:
    """The forecast of a run, measured where none is kept: what `jobs.forecast` returns, and when (`measured_at`).

    One measurement at a time, for two would measure each other. `report` is called a few times a second; it may raise
    to give up, which ends the measuring process. Raises what `jobs.forecast` raises.
    """
    file = _file(settings, spec)
    if (kept := known(settings, spec)) is not None:
        return kept
    files.make_folder(file.parent)
    began = time.monotonic()
    while (lock := Lock.take(file.parent / "lock")) is None:
        report({"phase": "waiting for another measurement", "seconds": round(time.monotonic() - began, 1)})
        time.sleep(_SECONDS)
    with lock:
        if (kept := known(settings, spec)) is not None:
            return kept
        found = jobs.forecast(settings.runs, spec, report) | {"measured_at": time.time()}
        _forget_oldest(file.parent)
        files.write_json(file, found)
        return within(found, spec.training)


def within(found: Data, training: TrainingParams, now: float | None = None) -> Data:
    """A forecast of all steps as that of a run that begins `now` (seconds since 1970), whose time may be up sooner."""
    now = time.time() if now is None else now
    minutes, steps = deadline.minutes(training, now, now), found["seconds_per_step"] * found["steps"]
    if minutes is None or minutes * 60 >= steps:
        return found
    train = found["seconds_by_phase"]["train"]
    spared = train * (1 - minutes * 60 / steps)
    by_phase = found["seconds_by_phase"] | {"train": round(train - spared, 2)}
    return found | {"seconds": round(found["seconds"] - spared, 1), "seconds_by_phase": by_phase}


def _file(settings: Settings, spec: RunSpec) -> Path:
    alike = spec.model_dump(mode="json", exclude={"dataset": True, "preset": True, "training": set(_COST_NOTHING)})
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
    with suppress(OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError):  # whatever it may be
        found = files.read_json(file)
        if all(map(_is_number, [*(found.get(name) for name in _NUMBERS), found["seconds_by_phase"]["train"]])):
            return dict(found)
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _forget_oldest(folder: Path) -> None:
    """Make room for one more."""
    kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in kept[: max(0, len(kept) + 1 - MOST_KEPT)]:
        files.remove(file)
