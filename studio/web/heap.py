"""The memory of a process that lives for weeks: what was freed goes back to the system.

glibc gives threads heaps of their own, up to eight for each core, and after the first large block that is freed it
takes others of that size from those heaps as well. The page's configuration (half a megabyte, packed in whatever thread
is free) then leaves holes in all of them: `docs/reliability.md` has what that came to. With few heaps, and large blocks
kept apart, it does not grow. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # as <malloc.h> numbers them
_LARGE = 128 * 1024  # bytes from which a block is kept apart; a value that was set no longer grows by itself
_HEAPS = 2


def keep_compact() -> bool:
    """To be called before threads are started; whether the C library did so."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, _LARGE)) and bool(mallopt(_ARENA_MAX, _HEAPS))
