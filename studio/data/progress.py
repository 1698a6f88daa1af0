"""The importer's word on how far it is, for whoever watches its folder."""

from __future__ import annotations

import time
from pathlib import Path

from studio import files
from studio.settings import Limits

_EVERY = 0.2  # seconds between two records of one phase


class Progress:
    """Writes `progress.json` (phase, done, total) now and then. Also carries the limits the import works under."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self.limits = folder, limits
        self._phase, self._next = "", 0.0

    def show(self, phase: str, done: int = 0, total: int = 0) -> None:
        """Say what is going on; `total` is 0 where it is not known."""
        now = time.monotonic()
        if phase == self._phase and now < self._next:
            return
        self._phase, self._next = phase, now + _EVERY
        files.write_volatile_json(self.folder / "progress.json", {"phase": phase, "done": done, "total": total})
