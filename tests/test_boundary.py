"""Our own mistakes end as a sentence with an id, and their tracebacks in a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import boundary
from studio.errors import InternalError, UnknownName


def fail(error: Exception) -> None:
    raise error


def test_an_unexpected_error_becomes_a_sentence_with_an_id_and_its_traceback_is_logged(tmp_path: Path) -> None:
    with pytest.raises(InternalError) as caught:
        boundary.explained(lambda: fail(ZeroDivisionError("of \udc80")), tmp_path / "new" / "workspace")
    log = (tmp_path / "new" / "workspace" / boundary.LOG).read_text(encoding="utf-8")
    number = log.split()[0]
    assert len(number) == 8
    assert number in caught.value.what
    assert boundary.LOG in caught.value.next
    assert str(tmp_path) not in str(vars(caught.value))
    assert "ZeroDivisionError" not in str(caught.value)
    assert "ZeroDivisionError: of \\udc80" in log
    assert "in fail" in log


def test_errors_for_people_and_results_pass_as_they_are(tmp_path: Path) -> None:
    assert boundary.explained(lambda: 5, tmp_path) == 5
    with pytest.raises(UnknownName):
        boundary.explained(lambda: fail(UnknownName("x")), tmp_path)
    with pytest.raises(BrokenPipeError):
        boundary.explained(lambda: fail(BrokenPipeError()), tmp_path)
    assert not (tmp_path / boundary.LOG).exists()


def test_a_log_that_cannot_be_written_does_not_hide_the_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InternalError) as caught:
        boundary.explained(lambda: fail(KeyError("x")), tmp_path / "file")
    assert caught.value.next == "Please report it."


def test_a_log_that_has_grown_large_gives_way(tmp_path: Path) -> None:
    (tmp_path / boundary.LOG).write_bytes(b"x" * (boundary.MOST_BYTES + 1))
    with pytest.raises(InternalError):
        boundary.explained(lambda: fail(KeyError("x")), tmp_path)
    assert (tmp_path / boundary.LOG).stat().st_size < 10_000
