"""Files that people brought: where they are kept, how long, and how one is read again in another way.

`uploads/<id>/<name>` of the workspace holds one uploaded file, or a folder of those that were uploaded at once. A
dataset's sources are known by their contents, so one that was uploaded again, or lies at another place now, is found
again. Knows nothing of runs.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import files
from studio.data import store, upload
from studio.data.options import ROLES
from studio.data.samples import SAMPLES
from studio.data.store import DatasetRecord
from studio.data.upload import ImportRequest
from studio.errors import EmptyFile, LimitError, MissingFile, RequestError, WrongState, storage_errors
from studio.identifiers import is_id, new_id
from studio.settings import Settings
from studio.tasks import TASKS

MOST_LETTERS, MOST_BYTES = 120, 200  # of a file's name; file systems take 255 bytes
_ENDING = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode categories of what cannot be seen or changes what is
_MARGIN = 60.0  # seconds beyond the longest import after which nobody works on a leftover


@dataclass(frozen=True)
class Correction:
    """What is to be different. A value of "" takes an option back; None leaves a thing as it is."""

    task: str | None = None
    options: Mapping[str, str] | None = None
    name: str | None = None


def folder(settings: Settings) -> Path:
    return settings.workspace / "uploads"


def gather(settings: Settings, paths: Sequence[Path]) -> Path:
    """Copy several files into one folder of the workspace. Returns the place.

    Raises RequestError for a folder among them, StorageError, and what `keep_all` raises.
    """
    folders = [path.name for path in paths if path.is_dir()]
    if folders:
        raise RequestError(f"'{folders[0]}' is a folder.", next="Name one folder alone, or archives and images.")
    with storage_errors("Could not copy the files."):
        return keep_all(settings, [(path.resolve(), path.name) for path in paths], files.copy)


def keep_all(
    settings: Settings, brought: Sequence[tuple[Path, str]], take: Callable[[Path, Path], None] = files.also
) -> Path:
    """Give uploaded files, each with its name, the place where they stay: several of them one folder. Returns it. They
    also stay where they arrived, for whoever has just brought the same.

    Raises MissingFile, LimitError, EmptyFile.
    """
    total = sum(_checked(path, clean_name(name)) for path, name in brought)
    limit, first = settings.limits.upload_bytes, clean_name(brought[0][1])
    if total > limit:
        raise LimitError(
            f"{first} has {total / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB."
            if len(brought) == 1
            else f"The files have {total / 1e6:,.0f} MB together; the limit is {limit / 1e6:,.0f} MB.",
            next="Upload a part of it, or raise STUDIO_LIMITS_UPLOAD_BYTES.",
        )
    place = files.make_folder(folder(settings) / new_id())
    if len(brought) == 1:
        take(brought[0][0], place / first)
        return place / first
    together = files.make_folder(place / clean_name(f"{Path(first).stem[:60]} and {len(brought) - 1} more"))
    for number, (path, name) in enumerate(brought):
        shown = clean_name(name)
        free = shown if not (together / shown).exists() else clean_name(f"{number + 1} {shown}")
        take(path, together / free)
    return together


def _checked(path: Path, shown: str) -> int:
    """The size of an uploaded file in bytes."""
    if path.is_symlink() or not path.is_file():
        raise MissingFile("The uploaded file did not arrive.", next="Upload it once more.")
    if path.stat().st_size == 0:
        raise EmptyFile(f"{shown} is empty.", next="Add rows to it, then upload it again.")
    return path.stat().st_size


def clean_name(name: str) -> str:
    """A file's name as it may be shown and stored: no folders, nothing invisible, not hidden, not too long."""
    base = re.split(r"[/\\]", name)[-1]
    seen = "".join(c if unicodedata.category(c) not in _HIDDEN else " " if c in "\t\n\r" else "" for c in base)
    plain = " ".join(seen.split()).lstrip(". ") or "upload"
    match = _ENDING.search(plain)
    ending = match.group() if match and match.start() > 0 else ""
    stem = plain.removesuffix(ending)[: MOST_LETTERS - len(ending)]
    while len((stem + ending).encode()) > MOST_BYTES:
        stem = stem[:-1]
    return stem.rstrip() + ending


def correct(
    settings: Settings, record: DatasetRecord, correction: Correction, report: Callable[[dict[str, Any]], None]
) -> DatasetRecord:
    """The same files read in another way; the same dataset where nothing would be different.

    A mended dataset is read from the original files, unmended. Raises WrongState where a file is gone or is not what it
    was, and all that an import raises.
    """
    asked = _request(settings.datasets / record.id)
    kept = {name: value for name, value in record.options.items() if name != "mended"}
    options = _merged(kept, correction, record.task)
    name = correction.name or record.name
    if options == kept and correction.task in (None, record.task):
        return record if name == record.name else _renamed(settings, record, name)
    places = {source.get("split", ""): _place(settings, record, source) for source in record.sources}
    request = ImportRequest(
        file=places.get("train") or places[""],
        task=correction.task or asked["task"],
        options=options,
        valid=places.get("valid"),
        test=places.get("test"),
        name=name.removesuffix(" (mended)"),
    )
    return upload.import_dataset(settings, request, report)


def _merged(kept: Mapping[str, str], correction: Correction, task: str) -> dict[str, str]:
    """The options of an import with the changes laid over them; columns that another task does not have are dropped."""
    merged = {**kept, **(correction.options or {})}
    if correction.task not in (None, task):
        roles = {column.name for column in TASKS[correction.task].columns}
        merged = {
            name: value for name, value in merged.items() if name not in (*ROLES, "join", "starts") or name in roles
        }
    return {name: value for name, value in merged.items() if value != ""}


def _renamed(settings: Settings, record: DatasetRecord, name: str) -> DatasetRecord:
    named = record.model_copy(update={"name": name})
    files.write_json(settings.datasets / record.id / "dataset.json", named.model_dump(mode="json"))
    return named


def _request(place: Path) -> dict[str, Any]:
    """The task and the sources of the import that made a dataset's folder; none where it was a mend or is damaged."""
    with suppress(OSError, ValueError):
        asked = files.read_json(place / "request.json")
        if isinstance(asked, dict) and asked.get("kind") == "import":
            return asked
    return {"task": None, "sources": []}


def _place(settings: Settings, record: DatasetRecord, source: Mapping[str, str]) -> Path:
    """Where a source lies now: where it lay, or any upload or sample with the same contents."""
    wanted = source["sha256"]
    asked = _request(settings.datasets / record.id)
    there = [Path(old["path"]) for old in asked["sources"] if old["sha256"] == wanted]
    ending = Path(source["name"]).suffix.lower()
    others = [*_kept(settings), *(sample.file for sample in SAMPLES.values())]
    for path in [*there, *(path for path in others if path.suffix.lower() == ending)]:
        with suppress(MissingFile, OSError):
            if path.exists() and upload.content_hash(path, settings.limits) == wanted:
                return path
    changed = any(path.exists() for path in there)
    raise WrongState(
        f"The file {clean_name(source['name'])} cannot be read in another way.",
        why="It has changed since it was imported." if changed else "It is no longer where it was.",
        next="Upload the file again.",
    )


def _kept(settings: Settings) -> Iterator[Path]:
    """Every uploaded file, newest first."""
    parent = folder(settings)
    for place in sorted(parent.iterdir(), reverse=True) if parent.is_dir() else ():
        if is_id(place.name) and place.is_dir():
            yield from (path for path in place.iterdir() if path.is_file() and not path.is_symlink())


def forget(settings: Settings, record: DatasetRecord) -> None:
    """Remove a dataset, and the uploads that it alone came from, wherever they lie."""
    asked = _request(settings.datasets / record.id)
    files.remove(settings.datasets / record.id)
    needed = {source["sha256"] for other in store.every(settings.datasets) for source in other.sources}
    for source in asked["sources"]:
        path = Path(source["path"])
        if source["sha256"] not in needed and path.parent.parent == folder(settings) and path.parent.is_dir():
            _forget_arrival(settings, path.parent)
            files.remove(path.parent)


def _forget_arrival(settings: Settings, place: Path) -> None:
    """Remove an upload where it arrived: the same files by another name, which would keep their room."""
    kept = {file.stat().st_ino for file in place.rglob("*") if file.is_file()}
    for arrived in settings.incoming.glob("*/*"):
        with suppress(FileNotFoundError):
            if arrived.stat().st_ino in kept:
                files.remove(arrived.parent)


def clean(settings: Settings, hours: float) -> None:
    """Remove uploads older than that which no dataset came from, and what imports that were cut off have left."""
    if folder(settings).is_dir():
        places, contents = _needed(settings)
        for place in [place for place in folder(settings).iterdir() if _age(place) > hours * 3600]:
            held = list(place.iterdir()) if place.is_dir() else []
            if not any(path in places or upload.content_hash(path) in contents for path in held):
                files.remove(place)
    longest = settings.limits.import_seconds + _MARGIN  # an import is ended after that by whoever started it
    for place in list(settings.datasets.iterdir()) if settings.datasets.is_dir() else ():
        finished = is_id(place.name) and (place / "dataset.json").exists()
        if not finished and _age(place) > longest:
            files.remove(place)


def _needed(settings: Settings) -> tuple[set[Path], set[str]]:
    """The sources of all datasets, also of those that cannot be read just now: their places, and their contents."""
    places, contents = set(), set()
    for place in settings.datasets.iterdir() if settings.datasets.is_dir() else ():
        asked = _request(place)
        places |= {Path(source["path"]) for source in asked["sources"]}
        contents |= {source["sha256"] for source in asked["sources"]}
    contents |= {source["sha256"] for record in store.every(settings.datasets) for source in record.sources}
    return places, contents


def _age(place: Path) -> float:
    """Seconds since anything in a folder was last written."""
    try:
        newest = max(path.stat().st_mtime for path in [place, *(place.iterdir() if place.is_dir() else ())])
    except OSError:
        return 0.0  # somebody works on it, or has just removed it
    return float(time.time() - newest)
