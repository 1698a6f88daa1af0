"""What was found, or why not, stands in a file for the process that asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import files
from studio.errors import DataError
from studio.runs.store import Run
from studio.training.answer import answer


def test_what_is_found_is_left_behind(tmp_path: Path) -> None:
    assert answer(tmp_path, "forecast", lambda run: {"asked": run.folder.name}) == 0
    assert files.read_json(tmp_path / "forecast.json") == {"asked": tmp_path.name}
    assert not (tmp_path / "error.json").exists()


def test_an_error_is_left_behind_and_told_by_the_exit_code(tmp_path: Path) -> None:
    error = DataError("There are no rows.", next="Add some.")

    def fail(run: Run) -> dict[str, Any]:
        raise error

    assert answer(tmp_path, "forecast", fail) == error.exit_code != 0
    assert files.read_json(tmp_path / "error.json") == error.record()
    assert not (tmp_path / "forecast.json").exists()
