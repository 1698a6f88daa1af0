"""How busy the machine is, from the system's files: with limits, without, and where there are none."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from studio.nvml import Card
from studio.ui.panels.live_gauge import Machine, bars, look
from studio.ui.words import speaker


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
    assert bars(machine, speaker("en")) is None


def test_a_load_that_is_no_number_is_left_out(tmp_path: Path) -> None:
    assert look(system(tmp_path / "proc", "nonsense\n")).busy is None


def test_the_bars_have_words_for_who_cannot_see_them() -> None:
    shown = str(bars(Machine(cores=4, busy=0.95, used=3_800_000_000, total=4 * 10**9), speaker("en")))
    assert 'aria-label="Processors: 95 % of 4 busy"' in shown
    assert 'aria-label="Memory: 3.8 GB of 4.0 GB"' in shown
    assert shown.count('class="high"') == 1


def test_a_gpu_has_bars_of_its_own() -> None:
    machine = Machine(4, cards=[asdict(card) for card in (Card("A <Card>", 0.37, 2**34, 2**34), Card("GPU 1"))])
    drawn = str(bars(machine, speaker("en")))
    assert "A &lt;Card&gt;: 37 % busy" in drawn
    assert "Memory of A &lt;Card&gt;: 17.2 GB of 17.2 GB" in drawn
    assert 'class="high"' in drawn
    assert "GPU 1" not in drawn  # it tells nothing
