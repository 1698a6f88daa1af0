"""How long work is shown while it goes on: a bar on a terminal, a line now and then without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from studio.terminal import text
from studio.terminal.tables import page_width

PAUSE = 10.0  # seconds between two lines where there is no terminal
_BAR = 24  # columns of the bar
_ERASE = "\r\x1b[K"  # to the start of the line, then clear it (ECMA-48, "erase in line")


@dataclass(frozen=True)
class Moment:
    """How far work has come: the `phase` in a word or two, the share done (0 to 1, or None), and details to show."""

    phase: str
    share: float | None = None
    details: str = ""


class Progress:
    """Shows moments on a stream. Calling `note` prints a lasting line in between; `close` clears the bar."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._terminal = stream.isatty()
        self._phase = ""
        self._due = 0.0
        self._drawn = False

    def show(self, moment: Moment) -> None:
        if self._terminal:
            self._write(_ERASE + text.cut(_bar(moment, text.draws_unicode(self._stream)), page_width() - 1))
            self._drawn = True
        elif moment.phase != self._phase or self._clock() >= self._due:
            self._phase, self._due = moment.phase, self._clock() + PAUSE
            share = "" if moment.share is None else f"{moment.share:.0%}"
            self._write(text.joined((text.visible(moment.phase), share, text.visible(moment.details))) + "\n")

    def note(self, message: str) -> None:
        self.close()
        self._write(text.visible(message) + "\n")

    def close(self) -> None:
        if self._drawn:
            self._write(_ERASE)
            self._drawn = False

    def _write(self, content: str) -> None:
        self._stream.write(content)
        self._stream.flush()


def _bar(moment: Moment, unicode: bool) -> str:
    full, empty = ("\u2588", "\u2591") if unicode else ("#", ".")
    bar = ""
    if moment.share is not None:
        done = round(min(1.0, max(0.0, moment.share)) * _BAR)
        bar = full * done + empty * (_BAR - done)
    return text.joined((text.visible(moment.phase), bar, text.visible(moment.details)), "  ")
