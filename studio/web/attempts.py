"""How often an address has tried to come in with something wrong, and how long its next try has to wait.

Knows nothing of tokens and passwords. It is kept in memory, and what it keeps is bounded.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

MOST_TRIES = 10  # wrong ones of an address in a window
WINDOW = 60.0  # seconds
MOST_ADDRESSES = 10_000


class Attempts:
    """Wrong tries by address. For use from one event loop; `now` tells the time in seconds."""

    def __init__(self, most: int = MOST_TRIES, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until a try of this address is looked at; 0 for at once."""
        failed: Sequence[float] = self._failed.get(address, ())
        if len(failed) < self._most:
            return 0.0
        return max(0.0, failed[0] + WINDOW - self._now())

    def failed(self, address: str) -> None:
        """A try of this address was wrong. Of too many addresses the one that was quiet for longest is forgotten."""
        self._failed.setdefault(address, deque(maxlen=self._most)).append(self._now())
        self._failed.move_to_end(address)
        while len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)
