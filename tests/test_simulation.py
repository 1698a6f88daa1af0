"""Every fault that a person can be shown leads where it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.errors import UnknownName
from studio.runs import store
from studio.simulation import COURSES, FAULTS, _as_it_should_be
from studio.terminal import commands


def test_the_terminal_offers_every_fault() -> None:
    assert commands.FAULTS == FAULTS


def test_an_unknown_fault_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="There is no fault named 'flood'"):
        Studio(settings.load({}, workspace=tmp_path)).simulate("flood")


def attempt(status: str, error: str | None = None, step: int = 3) -> dict[str, Any]:
    return {"status": status, "step": step, "error": error}


def test_only_the_course_that_was_meant_counts_as_recovery() -> None:
    full = COURSES["disk-full"]
    assert _as_it_should_be(full, [attempt("failed", "storage"), attempt("finished")])
    assert not _as_it_should_be(full, [attempt("failed", "internal"), attempt("finished")])
    assert not _as_it_should_be(full, [attempt("finished")])
    assert _as_it_should_be(COURSES["nan"], [attempt("failed", "not_finite")])
    assert not _as_it_should_be(COURSES["nan"], [attempt("failed", "not_finite", step=5)])


# The others take half a minute each and are tried by `make torture`.
@pytest.mark.thorough
@pytest.mark.parametrize("fault", ["hang"])
def test_a_broken_run_recovers(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SILENT_SECONDS", 15.0)
    studio = Studio(settings.load({}, workspace=tmp_path))
    found = studio.simulate(fault)
    assert found["recovered"], found
    assert found["checkpoints"]
    assert studio.runs() == []
