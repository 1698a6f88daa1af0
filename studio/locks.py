"""Locks on files: what is locked stays so exactly as long as the process lives that locked it."""

from __future__ import annotations

import fcntl
import os
import random
import time
from pathlib import Path

from studio.errors import storage_errors

_ASKERS_SECONDS = 10.0  # for which those who look at a lock keep it from being taken, at most
_DICE = random.SystemRandom()  # without a state: training's own draws stay what they are


class Lock:
    """An advisory lock on a file (`flock`), free again the moment its last holder ends, however it ends. It belongs to
    the open file, so a child that inherits the descriptor holds it too: hand `descriptor` to a process that is to live
    under the lock, and to no other.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def wait(cls, path: Path) -> Lock:
        """The lock, once nobody else holds it."""
        fcntl.flock(descriptor := cls._open(path), fcntl.LOCK_EX)
        return cls(descriptor)

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """The lock, or None if somebody else holds it.

        Those who ask whether it is `held` share it for an instant, and on a busy machine that instant may last: they
        are waited for, who holds it is not.
        """
        descriptor = cls._open(path)
        deadline = time.monotonic() + _ASKERS_SECONDS
        while not _locked(descriptor, fcntl.LOCK_EX):
            if not _locked(descriptor, fcntl.LOCK_SH) or time.monotonic() > deadline:
                os.close(descriptor)
                return None
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # or two who want it would wait for each other
            time.sleep(_DICE.uniform(0.001, 0.01))
        return cls(descriptor)

    @staticmethod
    def _open(path: Path) -> int:
        with storage_errors(f"Could not lock {path.name}."):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @staticmethod
    def held(path: Path) -> bool:
        """Whether somebody holds the lock. Asks with a shared lock, so that two askers never see each other."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return not _locked(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Give the lock back (this process's hold on it)."""
        os.close(self.descriptor)

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
