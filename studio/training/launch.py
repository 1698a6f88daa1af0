"""One process for each device of a run, started and watched by the run's worker. Imports nothing heavy.

The worker holds the run's lock and its slots and trains nothing itself: so it can end all processes when one of them
has ended, whatever the others are waiting for, and start them anew where memory ran out. They die with it: their input
is a pipe that closes then.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time

from studio import gpus, processes
from studio.errors import TrainingError
from studio.runs import events
from studio.runs.store import Run
from studio.training.ending import Ending, Wanted

RANK = "studio.training.rank"
MEMORY = 75  # exit code of a process where memory ran out on one of them: all are to begin again with less
RESTARTS = "TORCHELASTIC_RESTART_COUNT"  # in the environment, as torchrun has it: how often all began again
POLL_SECONDS = 0.1
GRACE_SECONDS = 10.0  # for the others, once one has ended
_HERE = "127.0.0.1"


def work(run: Run, end: Ending) -> int:
    """Train with one process per device, again with half the micro-batch each time memory runs out on one of them.

    Returns 0 where the first process has said the last word or is to be resumed, 1 where it has told a failure.
    Raises TrainingError where a process was killed, RuntimeError where one failed without a word.
    """
    restarts = 0
    while True:
        mark = run.log.stat().st_size
        codes = _watched(_started(run, restarts), end)
        if codes[0] == 0:
            return 0
        if has_said_why(run, mark):
            return 1
        if MEMORY not in codes:
            raise _failure(codes)
        restarts += 1


def ran_short(run: Run, mark: int) -> bool:
    """Whether memory ran out on one of the processes since the log was `mark` bytes long; less was noted then."""
    return any(isinstance(event, events.Shrunk) for event in events.read(run.log, mark))


def has_said_why(run: Run, mark: int) -> bool:
    """Whether a process has told since then why the run has to end."""
    return any(isinstance(event, events.Failed) for event in events.read(run.log, mark))


def _started(run: Run, restarts: int) -> list[subprocess.Popen[bytes]]:
    """The processes, by rank. They meet at a socket of the loopback address that the first one inherits."""
    with socket.create_server((_HERE, 0)) as meeting:
        variables = _variables(run, meeting.getsockname()[1])
        first = (meeting.fileno(),)
        return [
            processes.launch_companion(RANK, own | {RESTARTS: str(restarts)}, run.folder, *keep, keep=keep)
            for own, keep in zip(variables, [first] + [()] * (len(variables) - 1), strict=True)
        ]


def _variables(run: Run, port: int) -> list[dict[str, str]]:
    """By rank, what torchrun would set; the run's GPUs as the only ones there are; an equal share of the threads."""
    spec = run.spec()
    count = spec.training.devices
    common = {
        **{"WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": _HERE, "MASTER_PORT": str(port)},
        **{"OMP_NUM_THREADS": str(max(1, processes.cores() // count))},
        **{"GLOO_SOCKET_IFNAME": _loopback(), "NCCL_SOCKET_IFNAME": _loopback()},
    }
    taken = [int(place.partition(":")[2]) for place in gpus.claim(spec.device, count).among if place.startswith("cuda")]
    if taken:
        names = gpus.visible()
        common["CUDA_VISIBLE_DEVICES"] = ",".join(names[place] for place in taken if place < len(names))
    return [common | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]


def _loopback() -> str:
    return next((name for _, name in socket.if_nameindex() if name.startswith("lo")), "lo")


def _watched(ranks: list[subprocess.Popen[bytes]], end: Ending) -> list[int | None]:
    """Wait until all have ended, and return how. Once the first is over or another has failed, the rest are given some
    seconds, then killed (None: their code says nothing). A request to end is passed on to the first."""
    passed_on, deadline = False, float("inf")
    codes: list[int | None] = [None] * len(ranks)
    while None in codes:
        codes = [code if code is not None else rank.poll() for code, rank in zip(codes, ranks, strict=True)]
        if end.asked() is Wanted.PAUSE and not passed_on:
            passed_on = True
            ranks[0].send_signal(signal.SIGTERM)
        if deadline == float("inf") and (codes[0] is not None or any(codes)):
            deadline = time.monotonic() + GRACE_SECONDS
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    for rank in ranks:
        rank.kill()
        rank.wait()
        if rank.stdin is not None:
            rank.stdin.close()
    return codes


def _failure(codes: list[int | None]) -> Exception:
    killed = [rank for rank, code in enumerate(codes, start=1) if code is not None and code < 0]
    if not killed:
        return RuntimeError(f"the processes ended with {codes}; what they said stands above")
    return TrainingError(
        "One of the processes that train together was ended from outside.",
        where=f"It was number {killed[0]} of {len(codes)}.",
        why="Most likely the system ran short of memory and chose it.",
        next="Resume the run: it goes on from the last checkpoint. With fewer devices it needs less memory.",
    )
