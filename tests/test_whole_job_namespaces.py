"""The command line and the server on a full disk, on a read-only one, without a network, and as the first process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.runs import store
from tests import namespaces
from tests.command_line import messages
from tests.namespaces import FIRST_PROCESS, NO_NETWORK, READ_ONLY, SMALL_DISK, World
from tests.serving import ROOT

STUDIO = [sys.executable, "-m", "studio"]


def done(world: World, workspace: Path, *words: str, size: str = "") -> subprocess.CompletedProcess[str]:
    """A command of the terminal in such a world, where `workspace` lies on its disk."""
    workspace.mkdir(exist_ok=True)
    command = namespaces.within(world, [*STUDIO, *words], workspace, size)
    environment = os.environ | {"STUDIO_WORKSPACE": str(workspace)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


def test_a_disk_that_is_full_during_an_import_is_named_at_once(tmp_path: Path) -> None:
    found = done(SMALL_DISK, tmp_path / "workspace", "import", str(messages(tmp_path)), size="16k")
    assert (found.returncode, found.stdout) == (1, "")
    assert "The disk is full." in found.stderr
    assert "Traceback" not in found.stderr


def test_a_workspace_that_is_read_only_is_named_with_what_to_set(tmp_path: Path) -> None:
    found = done(READ_ONLY, tmp_path / "workspace", "import", str(messages(tmp_path)))
    assert found.returncode == 1
    assert "The folder is read-only." in found.stderr
    assert "STUDIO_WORKSPACE" in found.stderr
    looked = done(READ_ONLY, tmp_path / "workspace", "runs")
    assert (looked.returncode, looked.stdout) == (0, "There is no run yet.\n")


def test_data_are_read_without_any_network(tmp_path: Path) -> None:
    found = done(NO_NETWORK, tmp_path / "workspace", "import", str(messages(tmp_path)), "--name", "mail")
    assert found.returncode == 0, found.stderr
    assert done(NO_NETWORK, tmp_path / "workspace", "checkup", "mail").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_the_first_process_ends_in_time(number: signal.Signals, tmp_path: Path) -> None:
    """A container's first process gets no signal that it does not ask for, and is killed after ten seconds."""
    command = namespaces.within(FIRST_PROCESS, [sys.executable, "app.py"], tmp_path)
    environment = os.environ | {"STUDIO_WORKSPACE": str(tmp_path / "workspace"), "STUDIO_PORT": "0"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as outside:
        assert outside.stderr is not None
        while "http://" not in (line := outside.stderr.readline()):
            assert line, "it did not start"
        (inside,) = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
        began = time.monotonic()
        os.kill(int(inside), number)
        try:
            outside.wait(30)
        finally:
            outside.kill()  # and with it what it has not ended
        assert time.monotonic() - began < 8
    assert list(store.every(tmp_path / "workspace" / "runs")) == []
