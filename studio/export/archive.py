"""A folder as a zip that is the same to the last byte each time: sorted names, one fixed date, no owner."""

from __future__ import annotations

import zipfile
from pathlib import Path

from studio import files

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_MODE = 0o100644 << 16
_UNIX = 3
_DENSE = {".safetensors", ".png"}  # hardly shrink, and would take long to try


def write(folder: Path, target: Path) -> list[str]:
    """Pack every file of `folder` into `target`; returns their names."""
    found = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in found:
            member = zipfile.ZipInfo(name, _DATE)
            member.external_attr, member.create_system = _MODE, _UNIX
            member.compress_type = zipfile.ZIP_STORED if path.suffix in _DENSE else zipfile.ZIP_DEFLATED
            files.pack(archive, member, path)
    return [name for name, _ in found]
