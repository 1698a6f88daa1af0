"""What a run tells the outside while it trains: scalars into tensorboardX files, progress into one small file.

The training loop knows only this class. Readers know only the files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studio import files, sealed
from studio.runs.store import Run

LOSS = "Loss/train"
PROGRESS_SECONDS = 0.5  # shortest time between two writes of the progress file


class Recorder:
    """One per process: tensorboardX keeps a writer alive until the process ends."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = _writer(run.curves)
        self._written = 0.0
        self._progress: dict[str, Any] = {}
        self._measured: Callable[[], Mapping[str, float]] = dict

    def watch(self, measured: Callable[[], Mapping[str, float]]) -> None:
        """Record these numbers, by tag, with every point of the training loss."""
        self._measured = measured

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A point of a curve; NaN and infinity are points too."""
        self._writer.add_scalar(tag, value, step)
        if tag == LOSS:
            for name, number in self._measured().items():
                self._writer.add_scalar(name, number, step)

    def metrics(self, values: dict[str, float], split: str, step: int) -> None:
        """Points `<Metric>/<split>`: macro_f1 becomes MacroF1."""
        for name, value in values.items():
            if name != "n":
                self.scalar(f"{metric_tag(name)}/{split}", value, step)

    def rewind(self, step: int) -> None:
        """Tell readers to drop what was recorded after `step`: training goes on from the checkpoint of that step."""
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        start = SessionLog(status=SessionLog.START)
        self._writer.file_writer.add_event(Event(step=step + 1, session_log=start), step=step + 1)

    def flush(self) -> None:
        """Everything recorded so far is in the file."""
        self._writer.flush()

    def sync(self) -> None:
        """Everything recorded so far is on the disk: before a checkpoint says that its step is done."""
        self.flush()
        for path in self._run.curves.iterdir():
            files.sync(path)
        files.sync(self._run.curves)

    def progress(self, now: bool = False, **changes: Any) -> None:
        """Merge `changes` into the progress file, at most twice a second unless it must be `now`."""
        self._progress |= changes
        if now or time.monotonic() - self._written > PROGRESS_SECONDS:
            self._written = time.monotonic()
            sealed.write_volatile(self._run.progress_file, self._progress | {"at": time.time()})

    def close(self) -> None:
        self._writer.close()


def metric_tag(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _writer(folder: Path) -> Any:
    """A tensorboardX writer that writes in the calling thread, so that `flush` writes what was recorded before it.

    tensorboardX 2.6.5 hands events to a queue that a thread empties; its `flush` misses what is still on the way. The
    process id in the name keeps two writers of one second apart.
    """
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(files.make_folder(folder)), filename_suffix=f".{os.getpid()}")
    events = writer.file_writer.event_writer
    events.add_event = events._ev_writer.write_event
    return writer
