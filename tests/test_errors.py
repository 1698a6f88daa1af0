"""Errors are sentences that survive the way from one process to another."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError

from studio.errors import (
    InternalError,
    RequestError,
    StorageError,
    StudioError,
    all_errors,
    rebuild,
    storage_errors,
)


@pytest.mark.parametrize("kind", list(all_errors()), ids=lambda kind: str(kind.__name__))
def test_every_error_comes_back_from_its_record_as_what_it_was(kind: type[StudioError]) -> None:
    error = kind("It failed.", where="In line 3.", why="It is empty.", next="Fill it.")
    again = rebuild(json.loads(json.dumps(error.record())))
    assert type(again) is kind
    assert again.record() == error.record()
    assert str(again) == "It failed. In line 3. It is empty. Fill it."


@given(st.text(), st.text(), st.text())
def test_any_text_survives_the_record(what: str, why: str, advice: str) -> None:
    assert rebuild(StudioError(what, why=why, next=advice).record()).record() == {
        "code": "failed", "what": what, "where": "", "why": why, "next": advice
    }  # fmt: skip


def test_every_code_is_used_once() -> None:
    codes = [kind.code for kind in all_errors()]
    assert sorted(codes) == sorted(set(codes))


def test_the_exit_code_says_whether_the_request_was_wrong() -> None:
    assert {kind.exit_code for kind in all_errors() if issubclass(kind, RequestError)} == {2}
    assert {kind.exit_code for kind in all_errors() if not issubclass(kind, RequestError)} == {1}


def test_a_record_of_a_newer_studio_is_still_an_error_with_its_sentence() -> None:
    assert (
        str(rebuild({"code": "from_the_future", "what": "It failed.", "where": "", "why": "", "next": ""}))
        == "It failed."
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
def test_what_the_disk_refuses_becomes_a_sentence_with_advice(number: int) -> None:
    with pytest.raises(StorageError) as refused, storage_errors("Could not save the run."):
        raise OSError(number, "system words")
    assert refused.value.what == "Could not save the run."
    assert refused.value.why
    assert refused.value.next
    assert "system words" not in str(refused.value)


# The first write beyond a limit is refused by the system, as on a full disk.
LIMITED = """
import resource, sys
import numpy as np
from safetensors.numpy import save_file
from studio.errors import StorageError, storage_errors

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with storage_errors("Could not save the weights."):
        save_file({"a": np.zeros(100_000)}, sys.argv[1])
except StorageError as error:
    print(error.why)
"""


def test_weights_that_cannot_be_written_are_told_in_the_same_words(tmp_path: Path) -> None:
    """safetensors raises an error of its own, with the system's number in its text."""
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "a.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "The file is larger than may be written here.\n"
    with pytest.raises(StorageError) as refused, storage_errors("Could not save the weights."):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert refused.value.why == "The disk is full."
    with pytest.raises(SafetensorError), storage_errors("Could not save the weights."):
        raise SafetensorError("Error while serializing: no such tensor")


def test_other_errors_of_the_system_are_not_the_disks_fault() -> None:
    with pytest.raises(ConnectionRefusedError), storage_errors("Could not save the run."):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")


def test_an_error_without_details_is_its_first_sentence() -> None:
    assert str(InternalError("It failed.")) == "It failed."
