"""Tickets that a form carries. One press of Start makes one run, however often the browser sends it: its ticket is used
up once. And work that a page waits for ends when its ticket is given up.

Knows nothing of what is started, or of what the work is.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST = 1_000  # used tickets that are remembered
_LENGTH = 32  # characters of a ticket


def new_ticket() -> str:
    return secrets.token_hex(_LENGTH // 2)


@dataclass(frozen=True)
class Tickets:
    """The tickets that were used, each with the run that was started with it."""

    _used: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, ticket: str, start: Callable[[], str]) -> tuple[str, bool]:
        """The run of this ticket, started now if the ticket is new; and whether it was. A start that fails leaves the
        ticket as good as it was."""
        with self._lock:
            if ticket in self._used:
                return self._used[ticket], False
            run = self._used[ticket] = start()
            while len(self._used) > _MOST:
                self._used.popitem(last=False)
            return run, True


@dataclass(frozen=True)
class GivenUp:
    """The tickets of work that nobody wants any more."""

    _tickets: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, ticket: object) -> None:
        """What is told comes from a browser and may be anything."""
        if not isinstance(ticket, str):
            return
        with self._lock:
            self._tickets[ticket[:_LENGTH]] = None
            while len(self._tickets) > _MOST:
                self._tickets.popitem(last=False)

    def __contains__(self, ticket: str) -> bool:
        with self._lock:
            return ticket in self._tickets
