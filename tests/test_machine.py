"""How busy the machine is, from the system's files: with limits, without, and where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import gpus
from studio.gpus import Claim
from studio.machine import Machine, look
from studio.nvml import Card


def system(folder: Path, load: str = "1.00 0.50 0.25 1/100 7\n") -> Path:
    folder.mkdir()
    (folder / "loadavg").write_text(load)
    (folder / "meminfo").write_text("MemTotal: 8000000 kB\nMemFree: 1000 kB\nMemAvailable: 6000000 kB\nHugePages: 0\n")
    return folder


def test_this_machine_says_how_busy_it_is() -> None:
    machine = look()
    assert machine.cores >= 1
    assert machine.busy is not None
    assert 0 <= machine.busy <= 1
    assert machine.used is not None
    assert machine.total is not None
    assert 0 < machine.used < machine.total


def test_memory_that_can_be_given_back_is_not_in_use(tmp_path: Path) -> None:
    machine = look(system(tmp_path / "proc"), tmp_path / "none")
    assert (machine.used, machine.total) == (2_048_000_000, 8_192_000_000)


def test_a_container_counts_with_its_own_limit(tmp_path: Path) -> None:
    group = tmp_path / "group"
    group.mkdir()
    (group / "memory.max").write_text("1000000000\n")
    (group / "memory.current").write_text("600000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    machine = look(system(tmp_path / "proc"), group)
    assert (machine.used, machine.total) == (500_000_000, 1_000_000_000)


def test_a_group_without_a_limit_changes_nothing(tmp_path: Path) -> None:
    group = tmp_path / "group"
    group.mkdir()
    (group / "memory.max").write_text("max\n")
    assert look(system(tmp_path / "proc"), group).total == 8_192_000_000


def test_a_system_that_tells_nothing_is_left_out(tmp_path: Path) -> None:
    machine = look(tmp_path / "nothing", tmp_path / "nothing")
    assert machine.busy is None
    assert machine.used is None


def test_a_load_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    assert look(system(tmp_path / "proc", "nonsense\n")).busy is None


@pytest.mark.parametrize(
    ("device", "free"), [("cpu", 600), ("cuda", 30), ("cuda:0", 30), ("cuda:1", None), ("cuda:2", None), ("mps", 600)]
)
def test_what_a_run_could_still_have_is_that_of_its_device(device: str, free: int | None) -> None:
    machine = Machine(4, used=400, total=1000, cards=(Card("A", 0.5, 70, 100), Card("B")))
    assert machine.free(device) == free


def test_what_is_not_told_is_not_free() -> None:
    assert Machine(4).free("cpu") is None


def test_of_several_gpus_the_freest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(4, used=400, total=1000, cards=(Card("A", 0.5, 70, 100), Card("B", 0.5, 10, 100), Card("C")))
    monkeypatch.setattr(gpus, "claim", lambda device: Claim(("cuda:0", "cuda:1", "cuda:2")))
    assert machine.free("auto") == 90
