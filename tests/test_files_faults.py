"""Each system call that makes a write durable is made to fail in its turn: the old state is there, or the new."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio import files

WRITER = """
import sys
from pathlib import Path
from studio import files
from studio.errors import StorageError

folder = Path(sys.argv[1])
try:
    files.write_bytes(folder / "state.json", b"new" * 1000)
    files.append_line(folder / "log", "second")
    with files.staged_folder(folder / "checkpoint") as staged:
        (staged / "weights").write_bytes(b"new")
except StorageError as error:
    sys.exit(3 if error.why and error.next else 4)
"""
NAMES = {"state.json", "log", "checkpoint"}
MOST = 40  # failures of one kind that the writer can come to
TRACED = [*("strace", "-f", "-qq", "--seccomp-bpf", "-o"), "/dev/null"]


def works() -> str:
    """Why calls cannot be made to fail here; empty where they can."""
    if shutil.which("strace") is None:
        return "no faults of system calls: strace is not installed"
    trial = [
        *TRACED,
        "-e",
        "trace=fsync",
        "-e",
        "inject=fsync:error=EIO",
        sys.executable,
        "-c",
        "import os; os.fsync(1)",
    ]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return "" if "Input/output error" in done.stderr else f"no faults of system calls: {done.stderr.strip()[:100]}"


@pytest.mark.parametrize(("call", "error"), [("fsync", "EIO"), ("rename", "ENOSPC"), ("fsync", "ENOSPC")])
def test_whatever_fails_the_old_state_is_there_or_the_new(call: str, error: str, tmp_path: Path) -> None:
    if reason := works():
        pytest.skip(reason)
    for number in range(1, MOST):
        folder = tmp_path / str(number)
        _prepare(folder)
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]
        done = subprocess.run([*TRACED, *inject, sys.executable, "-c", WRITER, str(folder)], check=False)
        _whole(folder)
        if done.returncode == 0:
            break
        assert done.returncode == 3, f"{call} number {number} ended it with {done.returncode}"
    assert 2 < number < MOST - 1, "the sweep did not come to its end"


def _prepare(folder: Path) -> None:
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "checkpoint" / "weights").write_bytes(b"old")
    (folder / "state.json").write_bytes(b"old" * 1000)
    (folder / "log").write_bytes(b"first\n")


def _whole(folder: Path) -> None:
    assert (folder / "state.json").read_bytes() in (b"old" * 1000, b"new" * 1000)
    assert (folder / "log").read_bytes() in (b"first\n", b"first\nsecond\n")
    assert (folder / "checkpoint" / "weights").read_bytes() in (b"old", b"new")
    assert {path.name for path in folder.iterdir() if not path.name.startswith(files.STAGED)} == NAMES
