"""What a process that was asked something about a spec leaves behind for the one that asked (studio/runs/jobs.py)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio import files
from studio.errors import StudioError
from studio.runs.store import Run


def answer(folder: Path, name: str, find: Callable[[Run], dict[str, Any]]) -> int:
    """Write what `find` says of the spec in `folder` into `<name>.json` there, or the error it raises into
    `error.json`. Returns the exit code."""
    try:
        found = find(Run(folder))
    except StudioError as error:
        files.write_json(folder / "error.json", error.record())
        return error.exit_code
    files.write_json(folder / f"{name}.json", found)
    return 0
