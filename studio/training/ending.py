"""How a run is asked to end early, and how soon it does.

Two requests: the file `stop` (the run is over: keep or discard) and SIGTERM or SIGINT (the process has to go: the run
is paused, to be resumed). The training loop asks before every step. Anywhere else nothing is half done that would have
to be saved (every write is atomic), so the work is simply left: `Ended` is raised in the middle of it.

Who sends SIGTERM kills soon after (Docker after ten seconds). A step, an evaluation or a save that takes longer than
`GRACE_SECONDS` is therefore left too, and the run goes on from the checkpoint before: to the same bits.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import FrameType

from studio import files
from studio.runs import events
from studio.runs.store import Run

POLL_SECONDS = 0.3
GRACE_SECONDS = 6.0


class Wanted(Enum):
    """What the outside wants."""

    MORE = "more"
    STOP = "stop"  # the run is over
    PAUSE = "pause"  # the process has to go


class Heed(Enum):
    """Which requests are heeded at once, by leaving the work in hand."""

    ALL = "all"
    NONE = "none"  # the code asks by itself and saves what it has
    ALL_BUT_KEEP = "all but keep"  # what is to be kept is being finished


class Ended(BaseException):
    """The work in hand is to be left. No Exception, so that no library swallows it."""


def discard(run: Run) -> None:
    """Remove all that training left but the log and the curves."""
    for path in (run.model, run.metrics_file, run.predictions, run.checkpoints):
        files.remove(path)


def drop(run: Run, end: Ending) -> None:
    """Say the last word of a run that was left to be stopped without a model, and none of one that is to be resumed.
    Checkpoints stay unless all is to be discarded."""
    if end.asked() is not Wanted.STOP:
        return
    if end.discards:
        discard(run)
    events.append(run.log, events.Stopped(run.progress().get("step", 0), kept=False))


class Ending:
    """The requests to end, for one run in one process.

    A process that `follows` is one of several that train a run: it asks nobody, the first one decides for all.
    """

    def __init__(self, run: Run, follows: bool = False) -> None:
        self._run = run
        self._follows = follows
        self._signalled = False
        self._heed = Heed.NONE  # until somebody is there who writes down why the work was left

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT, and watch for the stop file. Who follows lets signals pass."""
        if self._follows:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._terminate)
        signal.signal(_NUDGE, self._nudge)
        signal.signal(signal.SIGALRM, self._leave)
        threading.Thread(target=self._watch, name="stop file", daemon=True).start()

    @contextmanager
    def heeding(self, heed: Heed) -> Iterator[None]:
        before, self._heed = self._heed, heed
        try:
            yield
        finally:
            self._heed = before

    def asked(self) -> Wanted:
        if self._follows:
            return Wanted.MORE
        if self._signalled:
            return Wanted.PAUSE
        return Wanted.STOP if self._run.stop_file.exists() else Wanted.MORE

    def wanted(self) -> bool:
        return self.asked() is not Wanted.MORE

    @property
    def discards(self) -> bool:
        """Whether a stop was asked for that keeps nothing."""
        stop = self._run.stop_file
        return not self._follows and stop.exists() and stop.read_bytes().strip() == b"discard"

    def check(self) -> None:
        """Raise Ended if the work in hand is to be left."""
        if self._leaves():
            raise Ended

    def _leaves(self) -> bool:
        match self._heed:
            case Heed.ALL:
                return self.wanted()
            case Heed.NONE:
                return False
            case Heed.ALL_BUT_KEEP:
                return self._signalled or self.discards

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if not self._signalled:
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        self._signalled = True
        self.check()

    def _leave(self, number: int, frame: FrameType | None) -> None:
        raise Ended

    def _nudge(self, number: int, frame: FrameType | None) -> None:
        self.check()

    def _watch(self) -> None:
        """Turn a stop file into a signal to ourselves, which Python handles in the main thread."""
        pause = threading.Event()
        while not pause.wait(POLL_SECONDS):
            if self._run.stop_file.exists() and self._leaves():
                signal.raise_signal(_NUDGE)


_NUDGE = signal.SIGUSR1
