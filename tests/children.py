"""A Python process beside the test, for what files and locks promise to other processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KNOWN = """
import sys, time
from pathlib import Path
from studio import files
from studio.locks import Lock
"""
READY = "sys.stdout.write('ready\\n'); sys.stdout.flush()\n"


@contextmanager
def child(program: str, *arguments: object, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has printed its first line; it is gone when the block ends."""
    command = [sys.executable, "-c", KNOWN + program]
    with subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
