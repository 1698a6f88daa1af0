"""From a file, a folder or a sample's name to a dataset in the workspace.

Looks at nothing inside the files: that is the importer's business, in a process of its own.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio import files
from studio.data import folders, runner, store
from studio.data import options as import_options
from studio.data.samples import SAMPLES
from studio.data.store import DatasetRecord
from studio.errors import EmptyFile, LimitError, MissingFile
from studio.identifiers import new_id
from studio.settings import Limits, Settings
from studio.tasks import TASKS


@dataclass(frozen=True)
class ImportRequest:
    """What to import. `file` may be a folder of images or the id of a sample; unset fields are found out."""

    file: Path
    task: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    valid: Path | None = None
    test: Path | None = None
    name: str | None = None


def import_dataset(
    settings: Settings, request: ImportRequest, report: Callable[[dict[str, Any]], None]
) -> DatasetRecord:
    """The dataset of a request; the same one again if the same files were imported the same way before.

    Raises MissingFile, EmptyFile, LimitError, UnknownName (task), InvalidOption, any DataError, ImportStopped.
    """
    request = _resolve_sample(request)
    import_options.parse(request.options)
    if request.task is not None:
        request = replace(request, task=TASKS[request.task].name)
    given = {"train": request.file, "valid": request.valid, "test": request.test}
    several = request.valid is not None or request.test is not None
    sources = []
    for split, path in given.items():
        if path is not None:
            _check(path, settings)
            sources.append(
                {
                    "path": str(path.absolute()),
                    "name": path.name or path.absolute().name,
                    "sha256": content_hash(path, settings.limits),
                    "split": split if several else "",
                }
            )
    known = _imported_before(settings, request, sources)
    if known is not None:
        return known
    record = {
        "kind": "import",
        "id": new_id(),
        "name": request.name or request.file.absolute().stem,
        "created": time.time(),
        "task": request.task,
        "options": request.options,
        "sources": sources,
    }
    return runner.run(settings, record, report)


def content_hash(path: Path, limits: Limits | None = None) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files. Raises MissingFile, LimitError."""
    if path.is_file():
        return _file_hash(path)
    digest = hashlib.sha256()
    for file in folders.entries(path, limits):
        if not folders.fault(path, file):
            digest.update(os.fsencode(file.relative_to(path)) + b"\0" + _file_hash(file).encode())
    return digest.hexdigest()


def _file_hash(path: Path) -> str:
    try:
        return files.sha256(path)
    except OSError as error:
        raise MissingFile(f"{path} cannot be read.", why=f"{error.strerror}.") from error


def _resolve_sample(request: ImportRequest) -> ImportRequest:
    """The file of a sample in place of its id; a path that exists wins."""
    reference = str(request.file)
    if request.file.exists() or reference not in SAMPLES:
        return request
    sample = SAMPLES[reference]
    return replace(request, file=sample.file, name=request.name or sample.id)


def _check(path: Path, settings: Settings) -> None:
    if not path.exists():
        raise MissingFile(f"There is no file {path}.", next=f"Check the path, or name a sample: {', '.join(SAMPLES)}.")
    if not (path.is_file() or path.is_dir()):
        raise MissingFile(f"{path} is neither a file nor a folder.")
    if not os.access(path, os.R_OK):
        raise MissingFile(f"{path} cannot be read.", why="Its permissions do not allow it.")
    size, limit = path.stat().st_size, settings.limits.upload_bytes
    if path.is_file() and size > limit:
        raise LimitError(
            f"{path.name} has {size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB.",
            next="Import a part of it, or raise STUDIO_LIMITS_UPLOAD_BYTES.",
        )
    if path.is_file() and size == 0:
        raise EmptyFile(f"{path.name} is empty.", next="Add rows to it, then import it again.")
    if path.is_dir():
        folders.check(path, settings.limits)


def _imported_before(settings: Settings, request: ImportRequest, sources: list[dict[str, str]]) -> DatasetRecord | None:
    """The dataset that the same contents, options and task made before."""
    for record in store.every(settings.datasets):
        asked_file = settings.datasets / record.id / "request.json"
        try:
            asked = files.read_json(asked_file)
        except (OSError, ValueError):
            continue  # damaged: nobody knows how this dataset was made
        same = (
            asked.get("kind") == "import"
            and record.version == store.VERSION
            and asked["task"] == request.task
            and asked["options"] == request.options
            and list(map(_same_as, asked["sources"])) == list(map(_same_as, sources))
        )
        if same and request.name in (None, record.name):
            return record
    return None


def _same_as(source: dict[str, str]) -> tuple[str, str, str]:
    """What makes two sources the same: contents, split, and the ending of the name, by which formats are told apart."""
    return source["sha256"], source["split"], Path(source["name"]).suffix.lower()
