"""How a process of ours talks with the one that started it: one JSON object a line, in on stdin, out on stdout.

Knows nothing of what is said. What libraries print must not get in between, so the real standard output is kept aside
and everything else that is written there goes to standard error.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from studio.boundary import explained
from studio.errors import StudioError

ERROR = "error"


def own_output() -> BinaryIO:
    """The real standard output, for our answers alone."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


def answered(action: Callable[[], Any], workspace: Path) -> dict[str, Any]:
    """`{"answer": ...}` with what `action` returns, or `{"error": ...}` with the record of what went wrong."""
    try:
        return {"answer": explained(action, workspace)}
    except StudioError as error:
        return {ERROR: error.record()}


def say(output: BinaryIO, message: dict[str, Any]) -> None:
    """One line; surrogates in a text survive as escapes."""
    output.write(json.dumps(message).encode("ascii") + b"\n")
    output.flush()
