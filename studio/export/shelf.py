"""Exports that are made once and kept: `exports/<run>-<format>.zip`, with what is known of each in a `.json` beside it.

An export is made again when the run's model, its results or its name changed since.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio import files, modelfolder
from studio.export import exporter
from studio.export.formats import FORMATS
from studio.identifiers import is_id
from studio.locks import Lock
from studio.plan import unfold
from studio.runs.store import Run, Status

FOLDER = "exports"
_TOLD = ("bytes", "sha256", "license", "terms", "files")  # of an export
_LONGEST = 80  # characters of a name

Data = dict[str, Any]


def formats(run: Run) -> list[Data]:
    """Every format: `obstacle` says why it cannot be had now, or nothing; `ready` is the export that is there."""
    method, missing = unfold(run.spec()).method, _missing(run)
    return [
        {
            "name": form.name,
            "label": form.label,
            "summary": form.summary,
            "obstacle": form.obstacle(method) or missing,
            "ready": _ready(run, form.name),
        }
        for form in FORMATS.values()
    ]


def _missing(run: Run) -> str:
    status = run.status()
    if not status.over:
        return "The run is still at work: there is a model when it is finished, or stopped and kept."
    if status not in (Status.FINISHED, Status.STOPPED):
        return f"The run is {status.value}: resume it, and let it finish."
    if not modelfolder.holds_model(run.model):
        return "The run was stopped, and no model was kept."
    return ""


def exported(run: Run, format: str) -> Data:
    """`path`, `name` (for who downloads it), `bytes`, `sha256`, `license`, `terms` and `files` of the run's export,
    made if need be.

    Who asks while it is being made waits for it. Raises what `exporter.export` raises.
    """
    folder = files.make_folder(run.folder.parent.parent / FOLDER)
    name = FORMATS[format].name
    _clear(folder, run.folder.parent)
    target = folder / f"{run.id}-{name}.zip"
    record = target.with_suffix(".json")
    with Lock.wait(target.with_suffix(".lock")):
        made_from = _made_from(run)
        known = _known(record)
        if known.get("made_from") != made_from or not target.is_file():
            files.remove(target)
            made = exporter.export(run, name, target)
            known = made | {"sha256": files.sha256(target), "made_from": made_from}
            files.write_json(record, known)
    return _told(run, target, known)


def _ready(run: Run, format: str) -> Data | None:
    """As `exported`, of an export that is up to date; None where there is none. Makes nothing."""
    target = run.folder.parent.parent / FOLDER / f"{run.id}-{format}.zip"
    known = _known(target.with_suffix(".json"))
    if known.get("made_from") != _made_from(run) or not target.is_file():
        return None
    return _told(run, target, known)


def _told(run: Run, target: Path, known: Data) -> Data:
    format = target.stem.removeprefix(f"{run.id}-")
    return {"path": str(target), "name": file_name(run, f"{format}.zip")} | {part: known[part] for part in _TOLD}


def _made_from(run: Run) -> list[Any]:
    """Changes whenever the export would."""
    parts: list[Any] = [run.meta().name]
    for path in (run.metrics_file, run.model, *sorted(run.model.glob("*"))):
        with suppress(OSError):
            state = path.stat()
            parts.append([path.name, state.st_ino, state.st_mtime_ns])
    return parts


def _known(record: Path) -> Data:
    with suppress(OSError, ValueError):
        found = files.read_json(record)
        if isinstance(found, dict) and set(_TOLD) <= set(found):
            return found
    return {}


def file_name(run: Run, ending: str) -> str:
    """How a file is called that somebody downloads: letters and digits of any script, everything else a dash."""
    name = re.sub(r"[^\w-]+", "-", run.meta().name).strip("-_")[:_LONGEST]
    return f"{name or run.id}-{ending}"


def _clear(folder: Path, runs: Path) -> None:
    """Remove the exports of runs that are gone."""
    for path in folder.iterdir():
        run = path.name.partition("-")[0]
        if is_id(run) and not (runs / run).exists():
            files.remove(path)
