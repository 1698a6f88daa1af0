"""Damaged files of every format end in data or in an error in plain words, soon and in little memory.

`FUZZ_CASES=2000 FUZZ_SEED=7 pytest tests/test_data_mutated.py` tries more of them, and others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio import processes
from tests import mutated

_CASES, _SEED = int(os.environ.get("FUZZ_CASES", "40")), int(os.environ.get("FUZZ_SEED", "0"))
_SECONDS, _BYTES = 10.0, 2**30


@pytest.mark.timeout(max(300, _CASES))
@pytest.mark.parametrize("kind", mutated.SEEDS)
def test_every_damaged_file_ends_in_data_or_in_plain_words(kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutated", kind, str(_CASES), str(_SEED)],
        cwd=Path(__file__).parents[1],
        env=processes.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ended by {done.returncode} at {done.stderr[-2000:]}"
    found = json.loads(done.stdout)
    assert sum(found["ends"].values()) == _CASES
    assert found["slowest"] < _SECONDS
    assert found["memory"] < _BYTES
