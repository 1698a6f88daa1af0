"""What a driver says of its GPUs, by a driver that says what the test wants; and what is there without one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from studio import nvml
from studio.nvml import Card


class NVMLError(Exception):
    """What the library raises."""


class Driver:
    """One GPU, known as number 0 and as GPU-1a; what is in `silent` it does not tell."""

    NVMLError = NVMLError

    def __init__(self, *silent: str) -> None:
        self._silent = silent

    def _say(self, what: str, value: Any) -> Any:
        if what in self._silent:
            raise NVMLError
        return value

    def nvmlDeviceGetHandleByIndex(self, number: int) -> str:
        return str(self._say(f"GPU {number}", "handle"))

    def nvmlDeviceGetHandleByUUID(self, name: str) -> str:
        return str(self._say(name, "handle"))

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> Any:
        return self._say("busy", SimpleNamespace(gpu=37, memory=5))

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> Any:
        return self._say("memory", SimpleNamespace(used=2**30, total=2**34))

    def nvmlDeviceGetName(self, handle: str) -> str:
        return str(self._say("name", "A Card"))


def seen(monkeypatch: pytest.MonkeyPatch, driver: Driver | None, *names: str) -> tuple[Card, ...]:
    monkeypatch.setattr(nvml, "_driver", lambda: driver)
    return nvml.look(names)


@pytest.mark.parametrize("name", ["0", "GPU-1a"])
def test_a_card_is_known_by_number_and_by_id(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, Driver(), name) == (Card("A Card", 0.37, 2**30, 2**34),)


def test_what_a_card_does_not_tell_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, Driver("busy", "name"), "0") == (Card("GPU 0", None, 2**30, 2**34),)
    assert seen(monkeypatch, Driver("memory"), "0") == (Card("A Card", 0.37),)
    known = Card("A Card", 0.37, 2**30, 2**34)
    assert seen(monkeypatch, Driver("GPU 0"), "0", "1") == (Card("GPU 0"), known)  # each keeps its place


def test_without_a_driver_there_are_no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, None, "0") == ()
    assert seen(monkeypatch, Driver()) == ()


def test_the_real_library_is_asked_and_may_be_missing() -> None:
    """Every function that is used exists in it, with a driver or without."""
    import pynvml

    wanted = [name for name in vars(Driver) if name.startswith("nvml")]
    assert [name for name in [*wanted, "nvmlInit", "NVMLError"] if not hasattr(pynvml, name)] == []
    assert nvml._driver() in (None, pynvml)
