"""How busy this machine is, read from the system's own small files; and the bars that show it, and its GPUs.

Knows nothing of runs. What the system does not tell is left out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.ui.markup import Html, element
from studio.ui.shared import Data, percent, size
from studio.ui.words import Say

PROC = Path("/proc")
GROUP = Path("/sys/fs/cgroup")
SCARCE = 0.9  # share of the memory in use from which there is little left


@dataclass(frozen=True)
class Machine:
    """`busy` is the share of the processors that had work in the last minute; memory in bytes; `cards` are its GPUs as
    `Studio.gpus` tells of them."""

    cores: int
    busy: float | None = None
    used: int | None = None
    total: int | None = None
    cards: Sequence[Data] = ()


def look(proc: Path = PROC, group: Path = GROUP) -> Machine:
    """The machine now, without its GPUs. A container's own limit of memory counts where it is lower than the machine's
    memory."""
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


def bars(machine: Machine, say: Say) -> Html | None:
    """Processors and memory as bars with their figures; None where nothing is known."""
    shown = []
    for card in machine.cards:
        if card["busy"] is not None:
            words = say("live.gpu.value", share=percent(card["busy"], 0))
            shown.append(_bar(card["name"], card["busy"], words, "usual"))
        shown += _memory(say("live.gpu.memory", name=card["name"]), card["used"], card["total"], say)
    if machine.busy is not None:
        words = say("live.cpu.value", share=percent(machine.busy, 0), cores=machine.cores)
        shown.append(_bar(say("live.cpu"), machine.busy, words, "usual"))  # busy is what training makes them
    shown += _memory(say("live.memory"), machine.used, machine.total, say)
    if not shown:
        return None
    return element("div", shown, cls="live-gauges", role="group", aria_label=say("live.gauges"))


def _memory(name: str, used: int | None, total: int | None, say: Say) -> list[Html]:
    if used is None or not total:
        return []
    words = say("live.of", done=size(used), total=size(total))
    return [_bar(name, used / total, words, "high" if used / total > SCARCE else "usual")]


def _bar(name: str, share: float, words: str, level: str) -> Html:
    return element(
        "div",
        element("span", name, cls="live-gauge-name"),
        element("progress", value=f"{share:.2f}", max=1, cls=level, aria_label=f"{name}: {words}"),
        element("span", words, cls="numbers subdued"),
        cls="live-gauge",
    )
