"""Worlds that the kernel makes for one command: a small disk, a read-only one, no network, a first process.

Each needs a right that not every machine gives, and says so where it lacks it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

SMALL_DISK = ("-Urm", 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"')
READ_ONLY = ("-Urm", 'mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" && shift 2 && exec "$@"')
NO_NETWORK = ("-Urn", 'shift 2 && exec "$@"')
FIRST_PROCESS = ("-Urpf --mount-proc --kill-child=KILL", 'shift 2 && exec "$@"')

World = tuple[str, str]


def within(world: World, command: Sequence[str], folder: Path, size: str = "") -> list[str]:
    """The command that runs `command` in such a world; `folder` is where the disk of it is."""
    flags, script = world
    reason = _lacks(world)
    if reason:
        pytest.skip(reason)
    return ["unshare", *flags.split(), "sh", "-c", script, "sh", size, str(folder), *command]


@cache
def _lacks(world: World) -> str:
    """Why this machine cannot make such a world; empty where it can."""
    if shutil.which("unshare") is None:
        return "no namespaces: the program unshare is not installed"
    flags = world[0]
    trial = "mount -t tmpfs none /mnt" if "m" in flags.split()[0] else "true"
    done = subprocess.run(["unshare", *flags.split(), "sh", "-c", trial], capture_output=True, text=True, check=False)
    return f"no namespaces: {done.stderr.strip() or done.returncode}" if done.returncode else ""
