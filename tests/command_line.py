"""The command line as a process, for the tests of what it prints, where, and how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROWS = [f"the parcel came {word} and I am glad,praise" for word in map(str, range(40))]
ROWS += [f"the box was broken {word} times so give my money back,refund" for word in map(str, range(40))]


def run(*arguments: str, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "studio", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        env=os.environ | environment,
        check=False,
    )


def data(*arguments: str, timeout: float = 120) -> dict[str, Any]:
    """The one JSON object on standard output of a command that succeeds."""
    done = run(*arguments, "--json", timeout=timeout)
    assert done.returncode == 0, done.stderr
    return one_object(done.stdout)


def one_object(output: str) -> dict[str, Any]:
    found = json.loads(output, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert isinstance(found, dict)
    assert output.count("\n") == 1
    return found


def messages(folder: Path) -> Path:
    """A small table of texts and labels."""
    path = folder / "messages.csv"
    path.write_text("\n".join(["text,label", *ROWS]), encoding="utf-8")
    return path
