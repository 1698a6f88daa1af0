"""The worker's pulse: every few seconds, a thread writes down for how long the process has done nothing.

Work is processor time of the process and of its children, or bytes that it read or wrote. So a process that waits for
ever (a deadlock, a disk that does not answer) is told from one with long steps; a stopped or frozen one writes nothing
any more, which says it too. One that computes in circles looks like work. Imports nothing heavy.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio import sealed
from studio.errors import StorageError
from studio.runs.store import Run

BEAT_SECONDS = 5.0
_SOME_SECONDS = 0.02  # of processor time between two beats; our own threads need a tenth of it
_SOME_BYTES = 64 * 1024


@contextmanager
def beating(run: Run) -> Iterator[threading.Event]:
    """Write the run's pulse for as long as the block lasts. Until the event is set there is nothing to do: a run that
    waits for its turn does not hang."""
    over, at_work = threading.Event(), threading.Event()
    thread = threading.Thread(target=_beat, args=(run, over, at_work), name="pulse", daemon=True)
    thread.start()
    try:
        yield at_work
    finally:
        over.set()
        thread.join(1.0)


def _beat(run: Run, over: threading.Event, at_work: threading.Event) -> None:
    worked, since = work_done(), time.monotonic()
    while True:
        _write(run, time.monotonic() - since)
        if over.wait(BEAT_SECONDS):
            return
        now = work_done()
        if not at_work.is_set() or _some(worked, now):
            since = time.monotonic()
        worked = now


def _some(before: tuple[float, int], now: tuple[float, int]) -> bool:
    return abs(now[0] - before[0]) > _SOME_SECONDS or abs(now[1] - before[1]) > _SOME_BYTES


def _write(run: Run, still: float) -> None:
    """`at` is the system's clock that never jumps, which other processes of this machine read too."""
    with suppress(StorageError, OSError):  # of a full disk training tells; who tidies up may take our new file
        sealed.write_volatile(run.pulse_file, {"at": time.monotonic(), "still": round(still, 1)})


def work_done() -> tuple[float, int]:
    """Seconds of processor time of this process and its children so far, and bytes that it read and wrote."""
    seconds, moved = time.process_time(), 0
    with suppress(OSError, ValueError, IndexError):  # where the system tells less, the rest has to do
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                seconds += _ticks(Path("/proc") / child / "stat") / os.sysconf("SC_CLK_TCK")
        told = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
        moved = int(told["rchar"]) + int(told["wchar"])
    return seconds, moved


def _ticks(stat: Path) -> int:
    """Processor time of another process, in the system's ticks (proc(5): fields 14 and 15, after the name)."""
    fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
