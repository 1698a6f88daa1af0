"""How busy NVIDIA's GPUs are, as their driver tells (NVML). Where there is no driver there are none.

The library is loaded by the first look at a GPU and kept: a look takes about a millisecond and needs no CUDA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Card:
    """One GPU now. `busy` is the share of the last moment in which it computed; memory in bytes. None: not told."""

    name: str
    busy: float | None = None
    used: int | None = None
    total: int | None = None


def look(names: Sequence[str]) -> tuple[Card, ...]:
    """The GPUs of these names (numbers, or ids that begin with `GPU-`), in their order. Empty without a driver."""
    if not names or (driver := _driver()) is None:
        return ()
    return tuple(_card(driver, name) for name in names)


@cache
def _driver() -> Any | None:
    """The driver's own library, ready to be asked; None where it is missing or refuses."""
    import pynvml

    return pynvml if _told(pynvml, lambda: pynvml.nvmlInit() or True) else None


def _card(driver: Any, name: str) -> Card:
    by_number = name.isdigit()
    handle = _told(
        driver,
        lambda: driver.nvmlDeviceGetHandleByIndex(int(name)) if by_number else driver.nvmlDeviceGetHandleByUUID(name),
    )
    if handle is None:
        return Card(f"GPU {name}")
    busy = _told(driver, lambda: driver.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
    memory = _told(driver, lambda: driver.nvmlDeviceGetMemoryInfo(handle))
    used, total = (int(memory.used), int(memory.total)) if memory is not None else (None, None)
    return Card(_told(driver, lambda: str(driver.nvmlDeviceGetName(handle))) or f"GPU {name}", busy, used, total)


def _told(driver: Any, ask: Callable[[], T]) -> T | None:
    """The answer, or None: a part of a divided GPU does not tell everything, and a lost one tells nothing."""
    with suppress(driver.NVMLError):
        return ask()
    return None
