"""What a run is made with: versions, threads, the system. It says nothing that names a person or a machine."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

import torch

from studio import __version__

LIBRARIES = ("torch", "transformers", "peft", "accelerate", "datasets", "tokenizers", "safetensors", "numpy")


def environment(devices: int) -> dict[str, Any]:
    """What the run was made with, by that many devices; no names, paths or variables of this machine."""
    return {
        "studio": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "devices": devices,
        "threads": torch.get_num_threads(),
        "cuda": torch.version.cuda,
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES if _installed(name)},
    }


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
