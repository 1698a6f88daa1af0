"""JSON objects that show whether they are as they were written: each carries the SHA-256 of the rest of itself.

A disk, or somebody with an editor, can change a file so that it is still JSON and still plausible. What decides how a
run goes on, or what is reported of it, is therefore sealed. Knows nothing of what the objects mean.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from studio import files

KEY = "sha256"


def seal(value: dict[str, Any]) -> dict[str, Any]:
    """The object with its seal."""
    return value | {KEY: _digest(value)}


def unseal(value: Any) -> dict[str, Any]:
    """The object without its seal. Raises ValueError if it is not what was sealed."""
    if not isinstance(value, dict):
        raise ValueError("not an object")
    content = {key: part for key, part in value.items() if key != KEY}
    if value.get(KEY) != _digest(content):
        raise ValueError("changed since it was written")
    return content


def write(path: Path, value: dict[str, Any]) -> None:
    """Replace a file by the sealed object, atomically and durably. Raises StorageError."""
    files.write_json(path, seal(value))


def write_volatile(path: Path, value: dict[str, Any]) -> None:
    """The same without waiting for the disk."""
    files.write_volatile_json(path, seal(value))


def read(path: Path) -> dict[str, Any]:
    """The object in a file. Raises OSError, and ValueError where it is damaged."""
    return unseal(files.read_json(path))


def _digest(value: dict[str, Any]) -> str:
    """Of the content, whatever the order of the keys and the white space. JSON gives numbers back to the last bit."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
