"""Large blocks come and go by themselves, however many were freed before."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
from studio.web import heap
class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]
told = ctypes.CDLL(None).mallinfo2
told.restype = Info
if sys.argv[1] == "compact":
    assert heap.keep_compact()
del_me = bytearray(8_000_000)  # once freed, blocks of this size come from the heap unless that was forbidden
del del_me
before = told().hblkhd
kept = bytearray(1_000_000)
print(told().hblkhd - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_large_block_is_kept_apart_also_after_others_were_freed() -> None:
    apart = {}
    for how in ("plain", "compact"):
        done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
        apart[how] = int(done.stdout)
    assert apart["compact"] >= 1_000_000 > apart["plain"]
