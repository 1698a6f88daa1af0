"""Where our own mistakes end: an unexpected exception becomes an `InternalError` with an id.

Its traceback goes to `errors.log` in the workspace under the same id. A face of the studio puts whatever a person asks
for through `explained`.
"""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from studio import files
from studio.errors import InternalError, StudioError

LOG = "errors.log"
MOST_BYTES = 5 * 2**20  # an older log gives way to a new one

T = TypeVar("T")


def explained(action: Callable[[], T], workspace: Path) -> T:
    """What `action` returns. It raises a `StudioError`, or BrokenPipeError where whoever read our output has left."""
    try:
        return action()
    except (StudioError, BrokenPipeError):
        raise
    except Exception as error:
        raise _internal(error, workspace) from error


def _internal(error: Exception, workspace: Path) -> InternalError:
    number = secrets.token_hex(4)
    logged = _log(workspace / LOG, number, error)
    return InternalError(
        f"Something went wrong on our side (error id {number}).",
        why="This is a mistake in the studio, not in what you asked for.",
        next=f"Please report it with the lines under this id in the workspace's {LOG}."
        if logged
        else "Please report it.",
    )


def _log(log: Path, number: str, error: Exception) -> bool:
    """Write the traceback down; whether that worked. A disk that is full must not hide the error itself."""
    lines = "".join(traceback.format_exception(error)).rstrip()
    entry = f"{number} {time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n{lines}\n"
    try:
        files.make_folder(log.parent)
        if log.exists() and log.stat().st_size > MOST_BYTES:
            files.remove(log)
        files.append_line(log, entry.encode("utf-8", "backslashreplace").decode())
    except (StudioError, OSError):
        return False
    return True
