"""The bars: words for who cannot see them, and none for what is not told."""

from __future__ import annotations

from studio.machine import Machine
from studio.nvml import Card
from studio.ui.panels.live_gauge import bars
from studio.ui.words import speaker


def test_a_machine_that_tells_nothing_has_no_bars() -> None:
    assert bars(Machine(4), speaker("en")) is None


def test_the_bars_have_words_for_who_cannot_see_them() -> None:
    shown = str(bars(Machine(cores=4, busy=0.95, used=3_800_000_000, total=4 * 10**9), speaker("en")))
    assert 'aria-label="Processors: 95 % of 4 busy"' in shown
    assert 'aria-label="Memory: 3.8 GB of 4.0 GB"' in shown
    assert shown.count('class="high"') == 1


def test_a_gpu_has_bars_of_its_own() -> None:
    machine = Machine(4, cards=(Card("A <Card>", 0.37, 2**34, 2**34), Card("GPU 1")))
    drawn = str(bars(machine, speaker("en")))
    assert "A &lt;Card&gt;: 37 % busy" in drawn
    assert "Memory of A &lt;Card&gt;: 17.2 GB of 17.2 GB" in drawn
    assert 'class="high"' in drawn
    assert "GPU 1" not in drawn  # it tells nothing
