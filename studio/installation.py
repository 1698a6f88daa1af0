"""What this machine and this installation have and lack: the checks behind `doctor`.

Versions are read from the packages' metadata and hardware from the system's own files, so nothing is imported and no
other program is asked.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studio import disk, processes
from studio.errors import StorageError
from studio.runs import jobs
from studio.settings import Settings

Data = dict[str, Any]

LIBRARIES = (
    "torch", "transformers", "peft", "accelerate", "datasets", "tokenizers", "safetensors", "numpy", "pyarrow",
    "Pillow", "scikit-learn", "seqeval", "tensorboard", "tensorboardX", "gradio",
)  # fmt: skip
OLDEST = (3, 11)
FREE_DISK, FREE_MEMORY = 5 * 10**9, 4 * 10**9  # bytes below which training gets cramped
_HUB = "https://huggingface.co"
_HUB_SECONDS = 2.0
_PROCESSOR = Path("/proc/cpuinfo")
_DRIVER = Path("/proc/driver/nvidia")
_BF16 = {"amx_bf16": "AMX", "avx512_bf16": "AVX512", "bf16": "ARM"}  # the processor's word, and the unit it stands for


def installation(settings: Settings, models: Sequence[Mapping[str, Any]]) -> list[Data]:
    """Every check: `name`, whether it is `ok`, what was `found`, and `advice` where something is to be done."""
    return [
        _python(),
        *map(_library, LIBRARIES),
        _workspace(settings.workspace),
        _disk(settings.workspace),
        _memory(),
        _cores(),
        _bf16(),
        _gpu(),
        _offline_models(models),
        _hub(),
    ]


def _check(name: str, ok: bool, found: str, advice: str = "") -> Data:
    return {"name": name, "ok": ok, "found": found, "advice": "" if ok else advice}


def _python() -> Data:
    found = ".".join(map(str, sys.version_info[:3]))
    oldest = ".".join(map(str, OLDEST))
    return _check("Python", sys.version_info >= OLDEST, found, f"Install Python {oldest} or newer.")


def _library(name: str) -> Data:
    try:
        return _check(name, True, version(name))
    except PackageNotFoundError:
        return _check(name, False, "not installed", "Install the requirements again: pip install -r requirements.txt")


def _workspace(workspace: Path) -> Data:
    try:
        jobs.check_workspace(workspace)
    except StorageError as error:
        return _check("workspace", False, f"{workspace}: {error.why}", error.next)
    except OSError as error:
        return _check("workspace", False, f"{workspace}: {error.strerror}", "Name another folder with --workspace.")
    return _check("workspace", True, f"{workspace}, can be written to")


def _disk(workspace: Path) -> Data:
    place = next(folder for folder in (workspace, *workspace.parents) if folder.exists())
    free = disk.free_bytes(place)
    advice = "Delete old runs, or name a workspace on a larger disk with --workspace or STUDIO_WORKSPACE."
    return _check("free disk", free >= FREE_DISK, f"{free / 1e9:,.1f} GB", advice)


def _memory() -> Data:
    """Memory that is free now, and in all; a container's limit counts where it is lower than the machine's."""
    fields = dict(line.split(":", 1) for line in _read(Path("/proc/meminfo")).splitlines() if ":" in line)
    if "MemTotal" not in fields or "MemAvailable" not in fields:
        return _check("memory", True, "unknown on this system")
    total, free = (int(fields[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    limit = _read(Path("/sys/fs/cgroup/memory.max")).strip()
    if limit.isdigit() and int(limit) < total:
        total = int(limit)
        used = _read(Path("/sys/fs/cgroup/memory.current")).strip()
        free = min(free, max(0, total - int(used or 0)))
    advice = "Close other programs, or use small models, batches and images."
    return _check("memory", free >= FREE_MEMORY, f"{free / 1e9:,.1f} GB free of {total / 1e9:,.1f} GB", advice)


def _cores() -> Data:
    count = processes.cores()
    return _check("processor cores", count > 1, str(count), "Training on one core is slow.")


def _bf16() -> Data:
    """bfloat16 halves the work of a training step where the processor has instructions for it."""
    lines = _read(_PROCESSOR).splitlines()
    flags = {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.split(":", 1)[1].split()}
    found = [unit for flag, unit in _BF16.items() if flag in flags]
    return _check("bfloat16 on the processor", True, ", ".join(found) if found else "none: training uses fp32")


def _gpu() -> Data:
    """A GPU with its driver, by what the driver tells in `/proc`."""
    if not Path("/dev/nvidia0").exists():
        return _check("GPU", True, "none: training runs on the processor")
    names = [line.split(":", 1)[1].strip() for file in sorted(_DRIVER.glob("gpus/*/information"))
             for line in _read(file).splitlines() if line.startswith("Model:")]  # fmt: skip
    driver = _read(_DRIVER / "version")
    advice = "A GPU is here but no driver answers: install the driver, or set STUDIO_DEVICE=cpu."
    return _check("GPU", bool(driver), ", ".join(names) or "one of NVIDIA's", advice)


def _offline_models(models: Sequence[Mapping[str, Any]]) -> Data:
    names = [str(model["name"]) for model in models if model["offline"]]
    advice = "Train once with each model you want while the model hub can be reached."
    return _check("models without a network", bool(names), ", ".join(names) or "none", advice)


def _hub() -> Data:
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return _check("model hub", True, "switched off by HF_HUB_OFFLINE")
    address = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or os.environ.get("HF_ENDPOINT") or _HUB
    parts = urlsplit(address if "//" in address else f"//{address}")
    host = parts.hostname or ""
    port = parts.port or (80 if parts.scheme == "http" else 443)
    advice = "Models on this machine still work; for others, check the network."
    return _check("model hub", _answers(host, port), host, f"{host} cannot be reached. {advice}")


def _answers(host: str, port: int) -> bool:
    """Whether a connection can be made, within two seconds: in a thread, because looking up a name has no limit."""
    reached = threading.Event()

    def connect() -> None:
        try:
            with socket.create_connection((host, port), _HUB_SECONDS):
                reached.set()
        except OSError:
            return

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_HUB_SECONDS)
    return reached.is_set()


def _read(path: Path) -> str:
    """The text of one of the system's files; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
