"""One press of Start makes one run, however often the browser sends it: a form carries a ticket that is used up once.

Knows nothing of what is started.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST = 1_000  # used tickets that are remembered


def new_ticket() -> str:
    return secrets.token_hex(16)


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
