"""Faults on purpose, so that recovery can be seen and tested: `STUDIO_FAULT=<kind>@<step>`.

Where several processes train a run, `<kind>@<step>/<rank>` strikes in one of them, counted from 0.

nan@12   the loss of step 12 is not a number
oom@12   memory runs out in step 12, once
kill@12  the process is killed (SIGKILL) after step 12
gpu-lost@12  the driver of a GPU gives up in step 12
hang@12  the process waits for ever after step 12
disk-full@12  the disk is full at the first checkpoint from step 12 on
read-only@12  the folder has become read-only by then
disk-error@12  the disk reports an input/output error then
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from dataclasses import dataclass

import torch

from studio.training import launch

REFUSALS = {"disk-full": errno.ENOSPC, "read-only": errno.EROFS, "disk-error": errno.EIO}
KINDS = ("oom", "kill", "nan", "gpu-lost", "hang", *REFUSALS)
VARIABLE = "STUDIO_FAULT"


@dataclass
class Faults:
    """The fault this process was started with, if any. It strikes once."""

    kind: str = ""
    step: int = 0

    @classmethod
    def from_environment(cls, rank: int = 0) -> Faults:
        """None in processes that began again: the one that struck made them."""
        if os.environ.get(launch.RESTARTS, "0") != "0":
            return cls()
        kind, _, place = os.environ.get(VARIABLE, "").partition("@")
        step, _, only = place.partition("/")
        return cls(kind, int(step or 0)) if kind in KINDS and only in ("", str(rank)) else cls()

    def _strikes(self, kind: str, step: int) -> bool:
        if self.kind != kind or step < self.step:
            return False
        self.kind = ""
        return True

    def in_forward(self, step: int, loss: torch.Tensor) -> torch.Tensor:
        """The loss as it is, or not a number; or memory runs out."""
        if self._strikes("oom", step):
            raise torch.OutOfMemoryError("out of memory (simulated)")
        if self._strikes("gpu-lost", step):
            raise RuntimeError("CUDA error: unspecified launch failure (simulated)")
        return loss * float("nan") if self._strikes("nan", step) else loss

    def after_step(self, step: int) -> None:
        if self._strikes("kill", step):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._strikes("hang", step):
            threading.Event().wait()

    def before_save(self, step: int) -> None:
        for kind, number in REFUSALS.items():
            if self._strikes(kind, step):
                raise OSError(number, os.strerror(number))
