"""Which GPUs this machine shows, by the system's own files: no driver is asked, nothing is loaded."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_DEVICES = Path("/dev")


def visible(devices: Path = _DEVICES) -> tuple[str, ...]:
    """The GPUs that a process may use, as `CUDA_VISIBLE_DEVICES` calls them: by number, or by the id that it gives."""
    count = sum(1 for path in devices.glob("nvidia*") if re.fullmatch(r"nvidia\d+", path.name))
    asked = os.environ.get("CUDA_VISIBLE_DEVICES")
    if asked is None:
        return tuple(map(str, range(count)))
    found: list[str] = []
    for name in filter(None, (part.strip() for part in asked.split(","))):
        if name.lstrip("-").isdigit() and not 0 <= int(name) < count:
            break  # CUDA ignores a wrong number and all that follow
        found.append(name)
    return tuple(found) if count else ()


@dataclass(frozen=True)
class Claim:
    """What a run needs before it may begin: `count` of the places `among`."""

    among: tuple[str, ...]
    count: int = 1

    @property
    def is_open(self) -> bool:
        """Whether any of several places will do."""
        return len(self.among) > self.count


def claim(device: str, count: int = 1, devices: Path = _DEVICES) -> Claim:
    """The claim of a run on `count` devices. Places have names in a fixed order: `cuda:0`, `cuda:1`; `cpu` and `mps`
    are one place each, however many processes share it. `auto` means GPUs where the system shows any. `auto` and
    `cuda` are any GPUs; one that is named is that one, and those after it."""
    shown = len(visible(devices))
    if device == "auto":
        device = "cuda" if shown else "cpu"
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return Claim((device,))
    first, end = (int(number), int(number) + count) if number else (0, max(shown, count))
    return Claim(tuple(f"cuda:{place}" for place in range(first, end)), count)


def shareable(device: str, devices: Path = _DEVICES) -> int:
    """How many GPUs a run may take when this device is asked for; 0 where it takes none."""
    kind, _, number = claim(device, 1, devices).among[0].partition(":")
    return max(0, len(visible(devices)) - int(number or 0)) if kind == "cuda" else 0


def obstacle(device: str, count: int, devices: Path = _DEVICES) -> str:
    """Why a run cannot have that many devices, in a sentence; empty where it can. Processes can share a processor."""
    first = claim(device, 1, devices).among[0]
    if count < 2 or first == "cpu":
        return ""
    if not first.startswith("cuda"):
        return f"devices={count} is for GPUs of NVIDIA and for processors, and this run is for {first}."
    there = shareable(device, devices)
    if count <= there:
        return ""
    return f"devices={count} is more than there is: GPUs that a run can have here: {there}."
