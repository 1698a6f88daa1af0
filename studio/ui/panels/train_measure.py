"""A long call as a generator that can be closed at any time: its work then ends at its next report.

Knows nothing of what is measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from studio.boundary import explained
from studio.errors import StudioError

Data = dict[str, Any]
Work = Callable[[Callable[[Data], None]], Any]


def steps(work: Work, workspace: Path) -> Generator[Data, None, Any]:
    """What `work(report)` reports while a thread does it. Returns its result; raises the StudioError it failed with.

    Closing the generator lets the next `report` raise, which ends the work; closing does not wait for that. The same
    happens when the program ends.
    """
    unwanted = threading.Event()
    said: SimpleQueue[Data | None] = SimpleQueue()  # None: it is over
    results: list[Any] = []
    failures: list[StudioError] = []

    def report(step: Data) -> None:
        if unwanted.is_set() or not threading.main_thread().is_alive():
            raise StudioError("Nobody waits for this any more.")
        said.put(step)

    def run() -> None:
        try:
            results.append(explained(lambda: work(report), workspace))
        except StudioError as error:
            failures.append(error)
        finally:
            said.put(None)

    threading.Thread(target=run, name="measuring").start()
    try:
        while (step := said.get()) is not None:
            yield step
    finally:
        unwanted.set()
    if failures:
        raise failures[0]
    return results[0]
