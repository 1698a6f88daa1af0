"""A predictor that is kept warm between questions: one model at a time, ended when nobody asks for a while.

Any thread may ask; questions are answered one after the other. The process it keeps ends with `close`, after the idle
time, when another model is asked, and in any case with this process, because its input ends then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from studio.inference import client
from studio.inference.client import Predictor
from studio.runs.store import Run
from studio.settings import Settings

IDLE_SECONDS = 120.0

Data = dict[str, Any]
Key = tuple[Path, int, int]


class Desk:
    """Where questions to trained models are put."""

    def __init__(self, settings: Settings, idle_seconds: float = IDLE_SECONDS) -> None:
        self._settings, self._idle = settings, idle_seconds
        self._guard = threading.Lock()
        self._stack = ExitStack()
        self._predictor: Predictor | None = None
        self._key: Key | None = None
        self._asked = 0.0
        self._timer: threading.Timer | None = None

    def ask(self, run: Run, rows: Sequence[Mapping[str, Any]]) -> list[Data]:
        """One answer per row, as `client.Predictor.predict`. Raises WrongState for a run without a model."""
        with self._guard:
            predictor = self._warm(client.trained(run), run)
            try:
                return predictor.predict(rows)
            finally:
                self._asked = time.monotonic()
                if self._timer is None:
                    self._wait(self._idle)

    def close(self) -> None:
        """End the process and the waiting. Asking again starts anew."""
        with self._guard:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            self._end()

    def _warm(self, folder: Path, run: Run) -> Predictor:
        """The predictor of this very model: a run that went on after it was asked has another one by now."""
        state = run.model.stat()
        key = (folder, state.st_ino, state.st_mtime_ns)
        if self._predictor is None or self._key != key:
            self._end()
            self._predictor = self._stack.enter_context(client.predictor(folder, self._settings))
            self._key = key
        return self._predictor

    def _end(self) -> None:
        self._predictor = self._key = None
        self._stack.close()

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.daemon = True  # it must not keep our own process from ending
        self._timer.start()

    def _look(self) -> None:
        """End the process if nobody asked in the meantime; otherwise look again when it could be due."""
        with self._guard:
            if self._timer is not threading.current_thread():
                return  # closed while we waited for the guard
            left = self._asked + self._idle - time.monotonic()
            if left > 0:
                self._wait(left)
            else:
                self._timer = None
                self._end()
