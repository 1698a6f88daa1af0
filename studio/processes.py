"""The one place that starts processes: our own modules, with an environment of listed variables, never a shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

# What a child may know: no tokens, no keys, no proxies (their addresses can hold passwords). Everything else of our
# environment stays here.
_PASSED = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ"),
    *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONWARNINGS", "LD_LIBRARY_PATH"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    *("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"),
    *("HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "XDG_CACHE_HOME", "SPACE_ID"),
)
# Threads that wait for each other spin for a while and then sleep. On a machine that also does other things, a spinning
# team loses whole time slices at every meeting; asleep at once, it is late at every one of the thousands of meetings of
# a step (docs/performance.md has the measurement). The count is GNU's; other OpenMP libraries just sleep.
SPIN = "GOMP_SPINCOUNT"
WAITING = {"OMP_WAIT_POLICY": "passive", SPIN: "1000"}
_SPIN_ALONE = "8000"  # on a machine that does nothing else
_ALONE = 0.15  # share of the processors' time that others may take there
# At most so many looks, of so many seconds: a page that was just clicked on is busy for a moment only.
_LOOKS, _LOOK = 8, 0.15
_INITS = ("docker-init", "tini", "dumb-init", "catatonit", "podman-init")  # of containers
_HOME = Path(__file__).resolve().parents[1]
_QUIET = {
    "PYTHONUNBUFFERED": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "DO_NOT_TRACK": "1",
    **WAITING,
}


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child process."""
    passed = {k: v for k, v in os.environ.items() if k in _PASSED}
    # Children find this package wherever they are started from.
    passed["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_HOME), passed.get("PYTHONPATH"))))
    return _QUIET | passed | dict(extra or {})


def waiting() -> dict[str, str]:
    """Variables that let threads spin for longer if nothing else is going on here, unless the user has set how long.
    They count for what loads OpenMP (with torch) after they are set. Looks for a moment, or longer where it is busy."""
    ours = os.environ.get(SPIN, WAITING[SPIN]) == WAITING[SPIN]
    return {SPIN: _SPIN_ALONE} if ours and any(_busy_share() < _ALONE for _ in range(_LOOKS)) else {}


def _busy_share() -> float:
    """The share of all processors' time that was used during a short look; 1 where that cannot be told."""
    try:
        before = _ticks()
        time.sleep(_LOOK)
        after = _ticks()
    except OSError:
        return 1.0
    passed = [late - early for early, late in zip(before, after, strict=True)]
    return 1.0 - (passed[3] + passed[4]) / sum(passed) if any(passed) else 0.0


def _ticks() -> list[int]:
    """Time of all processors by kind (proc(5), stat): the fourth is idle, the fifth idle while a disk is at work."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        return [int(field) for field in file.readline().split()[1:9]]


def launch_detached(
    module: str, folder: Path, output: Path, keep: tuple[int, ...] = (), extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m module folder` in a session of its own, its output added to a file; it outlives us.

    `keep` are descriptors that the child inherits, such as the lock it is to live under.
    """
    with output.open("ab") as log:
        return subprocess.Popen(
            command(module, folder, *map(str, keep)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=keep,
            env=environment(extra),
        )


def launch_attached(module: str, errors: IO[bytes], *arguments: object) -> subprocess.Popen[bytes]:
    """Start one of our modules to talk with: pipes lead to its input and from its output; what it says on standard
    error goes to `errors`. It ends when its input does."""
    return subprocess.Popen(
        command(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment(),
    )


def launch_companion(
    module: str, variables: Mapping[str, str], *arguments: object, keep: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start one of our modules to do a part of our own work: with our environment and `variables`, into our output.

    Its input is a pipe that closes when we end, however we end. `keep` are descriptors that it inherits.
    """
    return subprocess.Popen(
        command(module, *arguments), stdin=subprocess.PIPE, pass_fds=keep, env={**os.environ, **variables}
    )


def end(module: str, folder: Path, number: int = signal.SIGKILL) -> int:
    """Send a signal to the processes that run one of our modules on this folder; returns how many. None where the
    system cannot name them without a doubt: a process is held before it is looked at, so no other can have taken its
    number."""
    signalled = 0
    for process in Path("/proc").glob("[0-9]*") if hasattr(os, "pidfd_open") else ():
        with suppress(OSError):  # it has just ended, or is somebody else's
            held = os.pidfd_open(int(process.name))
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                if module.encode() in words and os.fsencode(folder) in words:
                    signal.pidfd_send_signal(held, number)
                    signalled += 1
            finally:
                os.close(held)
    return signalled


def take_all_along() -> bool:
    """Whether the system ends every process that we have started when we end, in sessions of their own or not: we are
    the first process of a container, or what its first one, a small program for that, was told to run."""
    if os.getpid() == 1:
        return True
    try:
        return os.getppid() == 1 and Path("/proc/1/comm").read_text(encoding="utf-8").strip() in _INITS
    except OSError:
        return False


def command(module: str, *arguments: object) -> list[str]:
    """The argument vector that runs one of our modules. Arguments are our own folders and numbers, never user text."""
    return [sys.executable, "-m", module, *(str(a) for a in arguments)]


def step_back(courtesy: int) -> None:
    """Let whoever else wants a processor come first, by so much (see nice(1)). Where the kernel shares processors among
    sessions (sched(7), autogroup), a niceness counts within its session only: one that is ours steps back as a whole.
    """
    os.nice(courtesy)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # no such kernel, or one that shares otherwise
            Path("/proc/self/autogroup").write_text(str(os.nice(0)), encoding="ascii")


def leave(code: int) -> NoReturn:
    """End this process at once: nothing is left to do that the system does not do. To take an interpreter apart that
    holds torch costs up to two seconds, and now and then, around threads through which processes talked, aborts it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
