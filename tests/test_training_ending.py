"""A worker that has to go is gone in time, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
from pathlib import Path
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
    sys.exit(3)
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
