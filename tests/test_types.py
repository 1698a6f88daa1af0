"""All code has types that hold: mypy in its strict setting, as `make check` calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.timeout(900)  # two minutes where nothing is kept from an earlier call, and more beside other tests
def test_all_types_hold() -> None:
    programs = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "benchmarks").glob("*.py"))
    command = [sys.executable, "-m", "mypy", "studio", "tests", "app.py", *programs]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
