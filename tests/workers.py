"""Worker processes of tests: a network for their runs, the end of each with its test, and waiting for what they do.

`tests/conftest.py` makes the fixtures known everywhere.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import tiny

SECONDS = 240.0  # that something may take on a busy machine


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network") / "bert"
    tiny.tiny_bert(folder)
    return folder


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes started by a test; whatever still lives at its end is ended."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], Any]) -> None:
    """Return once the condition holds; fails after `SECONDS`."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
