"""A process that works has a pulse; one that waits for ever, or was stopped, is silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio import sealed
from studio.runs import store
from studio.runs.store import Run
from studio.training import pulse
from tests.workers import wait_for

PROGRAM = """
import subprocess, sys, time
from pathlib import Path
from studio.runs.store import Run
from studio.training import pulse

pulse.BEAT_SECONDS = 0.2
with pulse.beating(Run(Path(sys.argv[1]))) as at_work:
    {work}
"""
COMPUTES = "at_work.set()\n    while True: pass"
WAITS = "at_work.set(); time.sleep(600)"
HAS_NO_TURN = "time.sleep(600)"
HAS_A_CHILD = "at_work.set(); subprocess.run([sys.executable, '-c', 'while True: pass'])"
READS = "at_work.set()\n    while True: Path(sys.argv[1], 'large').read_bytes(); time.sleep(0.15)"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(store, "SILENT_SECONDS", 2.5)
    (tmp_path / "large").write_bytes(bytes(10**6))
    return Run(tmp_path)


def started(run: Run, work: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM.format(work=work), str(run.folder)]
    return subprocess.Popen(command, start_new_session=True)


def still(run: Run) -> float:
    return float(sealed.read(run.pulse_file)["still"])


@pytest.mark.parametrize("work", [COMPUTES, HAS_A_CHILD, READS], ids=["computes", "has a child", "reads"])
def test_a_process_that_works_is_not_silent_until_it_is_stopped(work: str, run: Run) -> None:
    with started(run, work) as process:
        try:
            wait_for(run.pulse_file.exists)
            first = sealed.read(run.pulse_file)["at"]
            wait_for(lambda: sealed.read(run.pulse_file)["at"] > first + 1.5)
            assert still(run) < 1.0
            assert run.silent() == 0.0
            process.send_signal(signal.SIGSTOP)
            wait_for(run.silent)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_process_that_only_waits_is_silent_although_its_pulse_goes_on(run: Run) -> None:
    with started(run, WAITS) as process:
        wait_for(run.pulse_file.exists)
        wait_for(run.silent)
        assert still(run) > 2.0
        process.kill()


def test_a_process_that_waits_for_its_turn_is_not_silent_until_it_is_stopped(run: Run) -> None:
    with started(run, HAS_NO_TURN) as process:
        wait_for(run.pulse_file.exists)
        first = sealed.read(run.pulse_file)["at"]
        wait_for(lambda: sealed.read(run.pulse_file)["at"] > first + 4)
        assert run.silent() == 0.0
        process.send_signal(signal.SIGSTOP)
        wait_for(run.silent)
        process.kill()


def test_without_a_pulse_nothing_is_said(run: Run) -> None:
    assert run.silent() == 0.0
    run.pulse_file.write_text("{")
    assert run.silent() == 0.0


def test_where_the_system_tells_nothing_the_processor_time_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "Path", lambda _: Path("/nowhere"))
    assert pulse.work_done()[0] > 0
