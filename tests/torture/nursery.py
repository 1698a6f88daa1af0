"""A process that has loaded everything a worker loads and forks a worker for each order: a start in milliseconds.

`python -m tests.torture.nursery` reads orders as lines of JSON and answers each with one line. Nothing is computed
before the fork, so that no thread is lost by it; a worker made in this way works as one that was started. It uses one
thread, which for networks this small is faster than several that wait for each other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.runs.store import Run

# What a worker imports while it works, beside what `studio.training.session` names at its top.
LIBRARIES = (
    "accelerate",
    "datasets",
    "peft",
    "scipy.stats",
    "seqeval.metrics",
    "sklearn.metrics",
    "tensorboardX",
    "torch._dynamo",
    "transformers.models.bert.modeling_bert",
    "transformers.models.resnet.modeling_resnet",
)
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
RESAMPLES = 5  # of the rows, for the interval beside a score: it costs more than all the rest of a tiny run
POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Order:
    """Work on a run: undisturbed, or ended by `number` after `seconds`, or ended or refused at the point `point`."""

    folder: str
    seconds: float | None = None
    number: int = signal.SIGKILL
    point: int | None = None
    count: bool = False  # write the number of crash points passed into the folder
    error: int = 0  # at the crash point: the number of an error that the change fails with
    lasts: bool = False  # so do all that follow


@dataclass(frozen=True)
class Answer:
    """How the worker ended: its exit code, or minus the number of the signal that ended it; and when."""

    code: int
    seconds: float
    cpu: float  # seconds of processor time
    lingered: float  # seconds from the signal to the end


class Nursery:
    """The process, seen from outside. Use it as a context: it is gone afterwards."""

    def __enter__(self) -> Nursery:
        command = [sys.executable, "-W", "ignore", "-m", "tests.torture.nursery"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | ONE_THREAD
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def work(self, run: Run, **how: float | int | bool | None) -> Answer:
        """Let a new worker work on the run, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = Order(str(run.folder), **how)  # type: ignore[arg-type]
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return Answer(**json.loads(self._process.stdout.readline()))


def main() -> None:
    """Load everything, then carry out orders until there are no more."""
    _load()
    for line in sys.stdin:
        answer = _carry_out(Order(**json.loads(line)))
        sys.stdout.write(json.dumps(asdict(answer)) + "\n")
        sys.stdout.flush()


def _load() -> None:
    import importlib

    for name in (*LIBRARIES, "studio.training.session"):
        importlib.import_module(name)
    importlib.import_module("studio.training.evaluate").RESAMPLES = RESAMPLES  # type: ignore[attr-defined]


def _carry_out(order: Order) -> Answer:
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_worker(order)
    signalled = None
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        now = time.monotonic()
        if ended:
            lingered = now - signalled if signalled else 0.0
            cpu = used.ru_utime + used.ru_stime
            return Answer(os.waitstatus_to_exitcode(status), now - began, cpu, lingered)
        if signalled is None and order.seconds is not None and now - began >= order.seconds:
            signalled = now
            os.kill(child, order.number)
        time.sleep(POLL_SECONDS)


def _be_worker(order: Order) -> None:
    """What the child does; never returns. Its output goes where a worker's goes."""
    from studio.training import worker
    from tests.torture import crash

    run = Run(Path(order.folder))
    os.setsid()
    output = os.open(run.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, target)
    code = 70
    try:
        if order.point is not None or order.count:
            crash.arm(run.folder, order.point or 0, order.error, order.lasts)
        code = worker.main([order.folder])
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
