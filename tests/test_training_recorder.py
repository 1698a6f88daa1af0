"""Curves on a disk that refuses them: training goes on, and nothing is missing once it takes them again."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.runs import curves, events
from studio.runs.store import Run
from studio.training import recorder
from studio.training.recorder import Recorder

FULL = 60  # points whose file is larger than the log will be


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(recorder, "AGAIN_SECONDS", 0.0)
    return Run(tmp_path)


@pytest.fixture
def room() -> Iterator[None]:
    """The limit of a file's size is put back in the end."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def record(found: Recorder, steps: range) -> None:
    for step in steps:
        found.scalar("Loss/train", float(step), step)
    found.flush()


def warnings(run: Run) -> list[str]:
    return [event.message for event in events.read(run.log) if isinstance(event, events.Warned)]


def test_points_that_the_disk_refused_are_written_when_it_takes_them_again(run: Run, room: None) -> None:
    found = Recorder(run)
    record(found, range(FULL))
    (file,) = run.curves.iterdir()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, hard))  # the kernel refuses more (EFBIG)
    for step in range(FULL, 2 * FULL):
        record(found, range(step, step + 1))
        found.sync()
    assert warnings(run) == [
        "The curves cannot be written: File too large. Training goes on, and its points are written once that works"
        " again."
    ]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    record(found, range(2 * FULL, 3 * FULL))
    found.close()
    assert curves.read(run.curves) == {"Loss/train": [(step, float(step)) for step in range(3 * FULL)]}


def test_a_disk_that_refuses_the_progress_for_a_moment_ends_nothing(run: Run, room: None) -> None:
    found = Recorder(run)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    found.progress(now=True, step=1, epoch=0.5)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not run.progress_file.exists()
    found.progress(now=True, step=2)
    assert (run.progress()["step"], run.progress()["epoch"]) == (2, 0.5)


def test_a_folder_that_is_gone_is_made_again(run: Run) -> None:
    found = Recorder(run)
    record(found, range(3))
    shutil.rmtree(run.curves)
    found.sync()
    record(found, range(3, 6))
    found.close()
    assert len(warnings(run)) == 1
    assert curves.read(run.curves) == {"Loss/train": [(step, float(step)) for step in range(3, 6)]}


def test_the_order_of_files_does_not_follow_the_clock(run: Run) -> None:
    first = Recorder(run)
    record(first, range(8))
    first.close()
    (file,) = run.curves.iterdir()
    begun = file.name.split(".")[3]
    file.rename(file.with_name(file.name.replace(begun, str(int(begun) + 86400))))
    second = Recorder(run)
    second.rewind(4)
    record(second, range(5, 10))
    second.close()
    assert [step for step, _ in curves.read(run.curves)["Loss/train"]] == list(range(10))
    assert max(path.name.rpartition(".")[2] for path in run.curves.iterdir()) == "n2"
