"""The processes that train one run together, one for each device: who we are among them, and what we tell each other.

The engine is torch's (process groups, DistributedDataParallel). A team of one never touches it: every method then gives
back what it was given. The first process decides and writes; the others compute what it computes. What they say to each
other are numbers, JSON and safetensors.
"""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar

import torch
from torch import distributed, nn

from studio.training import launch

E = TypeVar("E", bound=Enum)
PATIENCE = timedelta(days=7)  # for the first process to come: it may wait in the queue and download
SILENCE = timedelta(minutes=20)  # then one that does not answer is taken for dead; what has ended is noticed at once


@dataclass(frozen=True)
class Team:
    """`rank` of `size` processes; on this machine `place` of `beside`."""

    rank: int = 0
    size: int = 1
    place: int = 0
    beside: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that decides and writes."""
        return self.rank == 0

    def seed(self, number: int) -> int:
        """A seed of this process's own; the first one's is the number. Torch's generator of a processor looks at the
        lower 32 bits alone, so it is there that they differ."""
        return number + self.rank * 2_654_435_761

    def agreed(self, choice: E, number: float) -> tuple[E, float]:
        """The first process's choice and number, in one small message: asked before every step."""
        if self.size == 1:
            return choice, number
        members = list(type(choice))
        told = torch.tensor([members.index(choice), number], dtype=torch.float64)
        distributed.broadcast(told, 0)
        return members[int(told[0])], float(told[1])

    def decided(self, value: Any) -> Any:
        """The first process's value, which can be written as JSON."""
        return value if self.size == 1 else json.loads(self.gathered(json.dumps(value).encode())[0])

    def gathered(self, content: bytes) -> list[bytes]:
        """What every process says, in their order."""
        if self.size == 1:
            return [content]
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        distributed.all_gather(sizes, torch.tensor([len(content)]))
        said = torch.zeros(max(int(size) for size in sizes), dtype=torch.uint8)
        said[: len(content)] = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        heard = [torch.zeros_like(said) for _ in range(self.size)]
        distributed.all_gather(heard, said)
        return [row[: int(size)].numpy().tobytes() for row, size in zip(heard, sizes, strict=True)]

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean over all processes, computed where `value` lies."""
        if self.size > 1:
            distributed.all_reduce(value)
            value = value / self.size
        return value

    def alone(self, wrapped: nn.Module, really: bool) -> AbstractContextManager[None]:
        """Within this, gradients stay in this process: all but the last backward pass of a step."""
        if self.size == 1 or not really:
            return nullcontext()
        silent: AbstractContextManager[None] = wrapped.no_sync()  # type: ignore[operator]
        return silent

    def align(self, model: nn.Module) -> None:
        """Give every process the first one's buffers (the running statistics of normalisation)."""
        if self.size > 1:
            for buffer in model.buffers():
                if buffer.is_floating_point():
                    distributed.broadcast(buffer, 0)

    def leave(self) -> None:
        """Part from each other; who goes on gets the others' threads."""
        if self.size > 1:
            distributed.destroy_process_group()
            torch.set_num_threads(torch.get_num_threads() * self.beside)


ALONE = Team()


def expected() -> bool:
    """Whether this process was started as one of several (by the studio, torchrun or accelerate)."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


def join(meeting: int | None) -> Team:
    """Meet the others; the variables that torchrun sets say who we are.

    `meeting` is the descriptor of a listening socket, given to the first process where the studio started them all.
    Elsewhere torchrun has made a place to meet.
    """
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    store: Any
    if meeting is None:
        store = next(distributed.rendezvous("env://", timeout=PATIENCE))[0]  # type: ignore[attr-defined]
    else:
        address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
        store = distributed.TCPStore(  # type: ignore[attr-defined]
            address, port, size, True, PATIENCE, master_listen_fd=meeting
        )
    # What an earlier group of processes, which torchrun has ended, said to each other is none of ours.
    store = distributed.PrefixStore(f"group {os.environ.get(launch.RESTARTS, '0')}", store)  # type: ignore[attr-defined]
    if rank == 0:
        store.set("begun", "1")
    else:
        store.wait(["begun"], PATIENCE)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=SILENCE)
    return Team(rank, size, int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"]))
