"""A worker that has to go is gone in time, whatever it is doing, and its run ends as it was asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.runs import events
from studio.runs.store import Run

PROGRAM = """
import sys, time
from pathlib import Path
from studio import processes
from studio.runs.store import Run
from studio.training import ending

ending.GRACE_SECONDS = 0.5
end = ending.Ending(Run(Path(sys.argv[1])))
end.listen()
sys.stdout.write("ready\\n")
sys.stdout.flush()
try:
    with end.heeding(ending.Heed[sys.argv[2]]):
        time.sleep(60)  # a step, an evaluation or a save that takes long
except ending.Ended:
    processes.leave(3)
"""


@pytest.mark.parametrize("heed", ["ALL", "ALL_BUT_KEEP", "NONE"])
def test_work_that_does_not_ask_is_left_when_the_grace_is_over(heed: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), heed]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 3
        assert time.monotonic() - began < 8


LOADING = """
import sys
from pathlib import Path
from studio.errors import StudioError
from studio.runs import events
from studio.runs.store import Run
from studio.training import ending, worker

ending.AGAIN_SECONDS = 0.2
run = Run(Path(sys.argv[1]))
end = ending.Ending(run)
end.listen()
sys.path.insert(0, sys.argv[1])

def work() -> int:
    with ending.Settled(run, end), end.heeding(ending.Heed[sys.argv[2]]):
        import stubborn
    return 0

sys.exit(worker._guarded(run, work))
"""
# A library that swallows the first two that are raised in it, and makes an error of its own of the third.
STUBBORN = """
import sys, time
sys.stdout.write("ready\\n")
sys.stdout.flush()
for attempt in range(2):
    try:
        time.sleep(60)
    except BaseException:
        pass
try:
    time.sleep(60)
except BaseException:
    raise ImportError("half loaded") from None
"""


@pytest.mark.parametrize("heed", ["AT_ONCE", "ALL"])
@pytest.mark.parametrize("ask", ["discard", "SIGTERM"])
def test_an_end_that_is_asked_for_while_a_library_is_loaded_is_no_failure(heed: str, ask: str, tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    with subprocess.Popen([sys.executable, "-c", LOADING, str(tmp_path), heed], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        if ask == "discard":
            (tmp_path / "stop").write_bytes(b"discard\n")
        else:
            worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    said = [type(event) for event in events.read(Run(tmp_path).log)]
    assert said == ([events.Stopped] if ask == "discard" else [])


def test_an_error_that_nobody_asked_for_stays_one(tmp_path: Path) -> None:
    (tmp_path / "stubborn.py").write_text("raise ImportError('not there')")
    done = subprocess.run([sys.executable, "-c", LOADING, str(tmp_path), "ALL"], timeout=60, stderr=subprocess.DEVNULL)
    assert done.returncode == 1
    assert [type(event) for event in events.read(Run(tmp_path).log)] == [events.Failed]
