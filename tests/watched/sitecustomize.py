"""Watches every Python process of the tests: nothing is unpickled, and no shell is asked to do anything.

Python imports a module of this name when it starts, wherever it finds one: `tests/conftest.py` puts this folder on the
path of all children. What is not allowed raises, so that whatever a test wanted to see does not happen.
"""

from __future__ import annotations

import sys
from typing import Any

_SHELLS = ("os.system", "pty.spawn")
_BETWEEN_PROCESSES = ("multiprocessing", "concurrent.futures", "torch.distributed")  # what a program hands its children


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook (PEP 578)."""
    if event in _SHELLS or (event == "pickle.find_class" and not _between_processes()):
        raise RuntimeError(f"not allowed here: {event} {arguments}")


def _between_processes() -> bool:
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if str(frame.f_globals.get("__name__")).startswith(_BETWEEN_PROCESSES):
            return True
    return False


sys.addaudithook(watch)
