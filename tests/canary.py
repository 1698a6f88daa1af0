"""A secret in the environment of every test, and a search for it in everything that the studio leaves behind."""

from __future__ import annotations

import zipfile
from pathlib import Path

WORD = "canary-7d1f0c93"
VARIABLES = ("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "OPENAI_API_KEY", "DATABASE_URL")


def found(folder: Path) -> list[str]:
    """The files below a folder, and the members of zips among them, in whose bytes or names the word stands."""
    told = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if WORD in path.name or WORD.encode() in path.read_bytes():
            told.append(path.relative_to(folder).as_posix())
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                members = [member for member in archive.namelist() if WORD.encode() in archive.read(member)]
            told += [f"{path.name}:{member}" for member in members]
    return told
