"""How a run is asked to end early, and how soon it does.

Two requests: the file `stop` (the run is over: keep or discard) and SIGTERM or SIGINT (the process has to go: the run
is paused, to be resumed). The training loop asks before every step. Anywhere else nothing is half done that would have
to be saved (every write is atomic), so the work is simply left: `Ended` is raised in the middle of it. A library may
catch that and go on, or make an error of its own of it. So it is raised again as long as the work goes on, and whatever
comes out of work that was left is its end (`Settled`). While libraries are being loaded nothing is raised at all.

Who sends SIGTERM kills soon after (Docker after ten seconds). A step, an evaluation or a save that takes longer than
`GRACE_SECONDS` is therefore left too, and the run goes on from the checkpoint before: to the same bits.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import FrameType, TracebackType
from typing import NoReturn

from studio.runs import events
from studio.runs.store import Run

POLL_SECONDS = 0.3
GRACE_SECONDS = 6.0
AGAIN_SECONDS = 1.0  # after which work that goes on although it was left is left again


class Wanted(Enum):
    """What the outside wants."""

    MORE = "more"
    STOP = "stop"  # the run is over
    PAUSE = "pause"  # the process has to go


class Heed(Enum):
    """Which requests are heeded at once, by leaving the work in hand."""

    ALL = "all"
    AT_ONCE = "at once"  # the process ends where it stands: modules are half loaded, and nothing may be raised in them
    NONE = "none"  # the code asks by itself and saves what it has
    ALL_BUT_KEEP = "all but keep"  # what is to be kept is being finished


class Ended(BaseException):
    """The work in hand is to be left. No Exception, so that no library swallows it."""


def drop(run: Run, end: Ending) -> None:
    """Say the last word of a run that was left to be stopped without a model, and none of one that is to be resumed.
    Checkpoints stay unless all is to be discarded."""
    if end.asked() is not Wanted.STOP:
        return
    if end.discards:
        run.discard()
    events.append(run.log, events.Stopped(run.progress().get("step", 0), kept=False))


class Settled:
    """Around all the work of a process: what comes out of work that was left, as `Ended` or as any error that a library
    made of it, is the end that was asked for."""

    def __init__(self, run: Run, end: Ending) -> None:
        self._run = run
        self._end = end

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        signal.setitimer(signal.ITIMER_REAL, 0)  # whatever has ended in here, nothing is left to hurry
        if error is None or not self._end.left:
            return False
        drop(self._run, self._end)
        return True


class Ending:
    """The requests to end, for one run in one process.

    A process that `follows` is one of several that train a run: it asks nobody, the first one decides for all.
    """

    def __init__(self, run: Run, follows: bool = False) -> None:
        self._run = run
        self._follows = follows
        self._signalled = False
        self._heed = Heed.NONE  # until somebody is there who writes down why the work was left
        self._left_at: float | None = None

    @property
    def left(self) -> bool:
        """Whether work was left because the outside wants an end."""
        return self._left_at is not None

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
        """Leave the work in hand if that is wanted."""
        if self._leaves():
            self.leave()

    def leave(self) -> NoReturn:
        """Raise Ended in the work in hand, or end the process where it stands."""
        self._left_at = time.monotonic()
        if self._heed is Heed.AT_ONCE:
            drop(self._run, self)
            os._exit(0)
        raise Ended

    def _leaves(self) -> bool:
        match self._heed:
            case Heed.ALL | Heed.AT_ONCE:
                return self.wanted()
            case Heed.NONE:
                return False
            case Heed.ALL_BUT_KEEP:
                return self._signalled or self.discards

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if not self._signalled:
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS, AGAIN_SECONDS)
        self._signalled = True
        self._nudge(number, frame)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.leave()

    def _nudge(self, number: int, frame: FrameType | None) -> None:
        """Leave the work, unless it has just been left and is on its way out."""
        if self._left_at is None or time.monotonic() - self._left_at > AGAIN_SECONDS:
            self.check()

    def _watch(self) -> None:
        """Turn what is wanted into a signal to the main thread: it wakes that from waiting, for a network or a disk."""
        pause, main = threading.Event(), threading.main_thread().ident
        while not pause.wait(POLL_SECONDS):
            if self._leaves() and main is not None:
                signal.pthread_kill(main, _NUDGE)


_NUDGE = signal.SIGUSR1
