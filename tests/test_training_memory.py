"""Memory that runs out: which errors say so, and what is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.errors import DeviceLost, OutOfMemory
from studio.plan import unfold
from studio.runs import events
from studio.runs.store import Run
from studio.training import build, memory
from studio.training.batches import micro_batches
from studio.training.device import out_of_memory
from studio.training.setup import Setup
from studio.training.team import Team
from tests import tiny


@pytest.fixture
def made(tmp_path: Path) -> tuple[Run, Setup]:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    return run, replace(build.build(run, unfold(run.spec())), token_budget=8)


def too_large() -> Setup:
    raise MemoryError


def shrunk(run: Run) -> list[int]:
    return [event.token_budget for event in events.read(run.log) if isinstance(event, events.Shrunk)]


@pytest.mark.parametrize(
    "said",
    [
        "CUDA out of memory. Tried to allocate 2 GiB",
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes",
        "DefaultCPUAllocator: not enough memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_what_means_that_memory_ran_out(said: str) -> None:
    assert out_of_memory(RuntimeError(said))
    assert not out_of_memory(ValueError(said))


def test_half_is_taken_until_it_fits(made: tuple[Run, Setup]) -> None:
    run, setup = made

    def attempt(setup: Setup) -> int:
        if setup.token_budget > 2:
            raise MemoryError
        return setup.token_budget

    assert memory.retried(run, setup, attempt) == 2
    assert shrunk(run) == [4, 2]
    assert memory.shrunk(run, setup).token_budget == 8  # its checkpoints know
    assert memory.shrunk(run, replace(setup, team=Team(1, 2))).token_budget == 2


def test_what_never_fits_and_what_is_another_error_end_it(made: tuple[Run, Setup]) -> None:
    run, setup = made

    def never(setup: Setup) -> int:
        raise MemoryError

    def lost(setup: Setup) -> int:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    with pytest.raises(OutOfMemory, match="Not even one example"):
        memory.retried(run, setup, never)
    assert shrunk(run) == [4, 2, 1]
    with pytest.raises(DeviceLost):
        memory.retried(run, setup, lost)
    with pytest.raises(OutOfMemory):
        memory.built(too_large)


@pytest.mark.parametrize(("choice", "fewest"), [("tuned", 3), ("frozen", 1)])
def test_images_are_not_cut_into_pieces_of_one_where_normalisation_follows_them(
    choice: str, fewest: int, tmp_path: Path
) -> None:
    tiny.tiny_resnet(tmp_path / "network")
    run = tiny.new_run(tmp_path, "image_classification", "full", tmp_path / "network", batch_norm=choice)
    setup, seen = replace(build.build(run, unfold(run.spec())), token_budget=8), list[int]()

    def never(setup: Setup) -> int:
        seen.append(setup.token_budget)
        raise MemoryError

    with pytest.raises(OutOfMemory, match="Not even 3 images" if fewest > 1 else "Not even one example"):
        memory.retried(run, setup, never)
    assert min(seen) == fewest
    for count in range(2, 40):
        pieces = micro_batches(np.arange(count), np.ones(count, dtype=np.int64), min(seen), setup.call_cost)
        assert min(map(len, pieces)) >= min(2, fewest)


def test_one_of_several_notes_it_and_leaves_beginning_again_to_others(made: tuple[Run, Setup]) -> None:
    run, setup = made
    asked = []

    def attempt(setup: Setup) -> int:
        asked.append(setup.token_budget)
        raise MemoryError

    with pytest.raises(OutOfMemory, match="one of the devices"):
        memory.retried(run, replace(setup, team=Team(1, 2)), attempt)
    assert (asked, shrunk(run)) == ([8], [4])
