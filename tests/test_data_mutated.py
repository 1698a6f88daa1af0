"""Damaged files of every format end in data or in an error in plain words, soon and in little memory.

`make fuzz` tries them at full size (`tests/fuzz.py`).
"""

from __future__ import annotations

import os

import pytest

from tests import fuzz, mutated

_CASES, _SEED = int(os.environ.get("FUZZ_CASES", "40")), int(os.environ.get("FUZZ_SEED", "0"))


@pytest.mark.timeout(max(300, _CASES))
@pytest.mark.parametrize("kind", mutated.SEEDS)
def test_every_damaged_file_ends_in_data_or_in_plain_words(kind: str) -> None:
    said, fault = fuzz.damaged(kind, _CASES, _SEED)
    assert fault == "", said
