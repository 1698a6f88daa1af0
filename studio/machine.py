"""How busy this machine is: processors and memory by the system's own small files, GPUs by their driver.

Knows nothing of runs. What is not told is left out.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from studio import gpus, nvml

PROC = Path("/proc")
GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """`busy` is the share of the processors that had work in the last minute; memory in bytes; `cards` are the GPUs
    that runs may use."""

    cores: int
    busy: float | None = None
    used: int | None = None
    total: int | None = None
    cards: tuple[nvml.Card, ...] = ()

    def free(self, device: str) -> int | None:
        """The bytes that a run on this device ("cpu", "cuda:0", ...) could still have; None where that is not told.
        A GPU has its own; of several that will do, the one with the most counts."""
        among = gpus.claim(device).among
        if not among[0].startswith("cuda"):
            return self.total - self.used if self.total is not None and self.used is not None else None
        cards = [self.cards[number] for number in _numbers(among) if number < len(self.cards)]
        return max((c.total - c.used for c in cards if c.total is not None and c.used is not None), default=None)


def _numbers(places: tuple[str, ...]) -> list[int]:
    return [int(place.partition(":")[2]) for place in places]


def look(proc: Path = PROC, group: Path = GROUP) -> Machine:
    """The machine now. A container's own limit of memory counts where it is lower than the machine's memory."""
    return replace(_system(proc, group), cards=nvml.look(gpus.visible()))


def _system(proc: Path, group: Path) -> Machine:
    cores = os.cpu_count() or 1
    busy: float | None = None
    with suppress(OSError, ValueError, IndexError):
        busy = min(1.0, float((proc / "loadavg").read_text().split()[0]) / cores)
    free, total = _table(proc / "meminfo").get("MemAvailable:"), _table(proc / "meminfo").get("MemTotal:")
    if free is None or total is None:
        return Machine(cores, busy)
    found = Machine(cores, busy, 1024 * (total - free), 1024 * total)
    return _confined(found, group)


def _confined(machine: Machine, group: Path) -> Machine:
    """The machine as a control group with a limit sees it. What could be given back at once is not in use."""
    with suppress(OSError, ValueError):  # no such group, or "max": no limit
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text()) - _table(group / "memory.stat").get("inactive_file", 0)
        if machine.total is not None and limit < machine.total:
            return Machine(machine.cores, machine.busy, max(0, used), limit)
    return machine


def _table(path: Path) -> dict[str, int]:
    """A file of names and numbers; empty if it cannot be read."""
    found: dict[str, int] = {}
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            name, value, *_ = line.split()
            found[name] = int(value)
    return found
