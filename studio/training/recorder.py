"""What a run tells the outside while it trains: scalars into tensorboardX files, progress into one small file.

The training loop knows only this class. Readers know only the files.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio import files, sealed
from studio.arrays import Array
from studio.errors import StorageError
from studio.runs import events
from studio.runs.store import Run

LOSS = "Loss/train"
PROGRESS_SECONDS = 0.5  # shortest time between two writes of the progress file
AGAIN_SECONDS = 10.0  # after which curves that the disk has refused are tried again
NUMBER = re.compile(r"\.n(\d+)$")  # of an event file, in its name (`runs.curves` reads it)
MOST_HELD = 20_000  # points and the like that wait for that
_GOES_ON = "Training goes on, and its points are written once that works again."

Record = Callable[[Any], object]  # hands something to a writer
Answered = Callable[[Sequence[Array], int], None]


class Recorder:
    """One per process: tensorboardX keeps a writer alive until the process ends.

    Where the disk refuses the curves, training goes on: what was recorded since they were last written is held, and
    written into a new file once that works again. The run says so once.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writer = _writer(run.curves)
        self._held: list[Record] = []  # recorded, and not known to be in the file
        self._refused: float | None = None  # when the disk did
        self._warned = False
        self._written = 0.0
        self._progress: dict[str, Any] = {}
        self._measured: Callable[[], Mapping[str, float]] = dict
        self._answered: Answered = _unseen

    def watch(self, measured: Callable[[], Mapping[str, float]], answered: Answered) -> None:
        """Record these numbers, by tag, with every point of the training loss, and tell `answered` what the model said
        of the validation rows, and at which step."""
        self._measured, self._answered = measured, answered

    def answers(self, found: Sequence[Array], step: int) -> None:
        """What the model says of each validation row."""
        self._answered(found, step)

    def add(self, record: Record) -> None:
        """Something else than a point: `record` hands it to a tensorboardX writer."""
        self._held.append(record)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """A point of a curve; NaN and infinity are points too."""
        self._hold(tag, value, step)
        if tag == LOSS:
            for name, number in self._measured().items():
                self._hold(name, number, step)

    def _hold(self, tag: str, value: float, step: int) -> None:
        at = time.time()
        self._held.append(lambda writer: writer.add_scalar(tag, value, step, at))

    def metrics(self, values: dict[str, float], split: str, step: int) -> None:
        """Points `<Metric>/<split>`: macro_f1 becomes MacroF1."""
        for name, value in values.items():
            if name != "n":
                self.scalar(f"{metric_tag(name)}/{split}", value, step)

    def rewind(self, step: int) -> None:
        """Tell readers to drop what was recorded after `step`: training goes on from the checkpoint of that step."""
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        start = SessionLog(status=SessionLog.START)
        event = Event(step=step + 1, session_log=start)
        self._held.append(lambda writer: writer.file_writer.add_event(event, step=step + 1))

    def flush(self) -> None:
        """Everything recorded so far is in the file, if the disk takes it."""
        if self._refused is not None and time.monotonic() - self._refused < AGAIN_SECONDS:
            return
        try:
            if self._refused is not None:
                self._writer.file_writer.event_writer._worker.stop()
                self._writer = _writer(self._run.curves)
            for record in self._held:
                record(self._writer)
            self._writer.flush()
        except (OSError, StorageError) as error:
            self._refuse(error)
        else:
            self._held.clear()
            self._refused = None

    def sync(self) -> None:
        """Everything recorded so far is on the disk, if it takes it: before a checkpoint says that its step is done."""
        self.flush()
        if self._refused is not None:
            return
        try:
            for path in self._run.curves.iterdir():
                files.sync(path)
            files.sync(self._run.curves)
        except OSError as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Note that the disk does not take the curves. A disk that takes nothing at all does not take this either."""
        self._refused = time.monotonic()
        del self._held[:-MOST_HELD]
        if not self._warned:
            self._warned = True
            reason = error.strerror if isinstance(error, OSError) else getattr(error, "why", "")
            message = f"The curves cannot be written: {str(reason).rstrip('.')}. {_GOES_ON}"
            events.append(self._run.log, events.Warned("curves_refused", message))

    def progress(self, now: bool = False, **changes: Any) -> None:
        """Merge `changes` into the progress file, at most twice a second unless it must be `now`.

        A disk that refuses it for a moment does not end the training: what is said there is said anew soon.
        """
        self._progress |= changes
        if now or time.monotonic() - self._written > PROGRESS_SECONDS:
            self._written = time.monotonic()
            with suppress(StorageError):
                sealed.write_volatile(self._run.progress_file, self._progress | {"at": time.time()})

    def close(self) -> None:
        """Write what is held for the last time, and end the writer."""
        self._refused = None if self._refused is None else -math.inf  # this time without waiting
        self.flush()
        with suppress(OSError):
            self._writer.close()


def _unseen(found: Sequence[Array], step: int) -> None:
    """What nobody has asked to see."""


def metric_tag(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _writer(folder: Path) -> Any:
    """A tensorboardX writer that writes in the calling thread, so that `flush` writes what was recorded before it.

    tensorboardX 2.6.5 hands events to a queue that a thread empties; its `flush` misses what is still on the way. The
    number at the end of a file's name tells readers the order, whatever the clock says.
    """
    from tensorboardX import SummaryWriter

    numbers = [int(found[1]) for path in files.make_folder(folder).iterdir() if (found := NUMBER.search(path.name))]
    suffix = f".{os.getpid()}.n{max(numbers, default=0) + 1}"
    writer = SummaryWriter(str(folder), filename_suffix=suffix)
    events = writer.file_writer.event_writer
    events.add_event = events._ev_writer.write_event
    return writer
