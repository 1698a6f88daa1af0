"""The steps of an import and of a mend: read, choose columns, clean, split, check, write.

Runs in the importer process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import files
from studio.contracts import Task
from studio.data import assemble, checkup, columns, formats, images, indicators, mends, splits, store, suited, writer
from studio.data import options as import_options
from studio.data.enough import check
from studio.data.formats._records import Images, SkipLog, Table
from studio.data.formats.image_folders import LAYOUT
from studio.data.images import ImageSource
from studio.data.notes import plural
from studio.data.options import EXTRA, ImportOptions
from studio.data.pieces import Source
from studio.data.progress import Progress
from studio.data.rows import Rows, settle, unknown_classes
from studio.data.splits import TRAIN
from studio.data.store import ColumnUse, DatasetRecord, Finding
from studio.errors import DataError, InvalidOption, TooFewRows

_DECODED = "decoded.npy"  # images in the order of their files, until they are written in the order of the splits


@dataclass(frozen=True)
class _Content:
    """What one file of the request holds."""

    name: str
    split: str | None
    format: str
    content: Table | Images


@dataclass(frozen=True)
class _Draft:
    """Canonical rows before they are split, checked and written. `own` says whether they bring splits."""

    rows: Rows
    own: bool
    columns: list[ColumnUse]
    notes: list[Finding]
    skipped: SkipLog
    pixels: NDArray[np.uint8] | None = None
    advice: str = ""


def import_files(folder: Path, request: Mapping[str, Any], progress: Progress) -> None:
    """Turn the request's files into a dataset. Raises any StudioError that says why that is not possible."""
    options = import_options.parse(request["options"])
    contents = _read(folder, request["sources"], options, progress)
    task = suited.task_for(contents[0].content, request["task"], options.columns.keys() - set(EXTRA))
    form = contents[0].format
    if isinstance(contents[0].content, Images):
        draft = _images(folder, task, contents, options, progress)
    else:
        draft = _table(folder, task, contents, options, progress)
    several = len(contents) > 1
    sheets = contents[0].content.sheets if isinstance(contents[0].content, Table) else ()
    contents.clear()  # the cells are in the draft now; a large file should not be held twice
    progress.show("splitting rows")
    rows = draft.rows
    if not len(rows):
        check(rows, progress.limits, draft.skipped, draft.advice)
    if several and TRAIN not in rows.splits:
        raise TooFewRows("There are no rows to train on.", why="Only the rows of the valid and test files can be used.")
    assigned = splits.assign(rows.splits if draft.own else None, rows.kin, rows.strata(), options.seed)
    draft.notes.extend(unknown_classes(replace(rows, splits=assigned.splits)))
    rows = settle(replace(rows, splits=assigned.splits), draft.skipped)
    check(rows, progress.limits, draft.skipped, draft.advice)
    sources = [{name: source[name] for name in ("name", "sha256", "split")} for source in request["sources"]]
    record = {
        "format": form,
        "sources": sources,
        "options": request["options"],
        "columns": draft.columns,
        "sheets": sheets,
        "split_note": assigned.note,
        "skipped": draft.skipped.items,
        "skipped_count": draft.skipped.count,
    }
    _finish(folder, {**request, **record}, rows, draft, progress)
    if (folder / _DECODED).exists():
        files.remove(folder / _DECODED)


def mend_dataset(folder: Path, request: Mapping[str, Any], progress: Progress) -> None:
    """Write a mended copy of a finished dataset."""
    original = Path(request["original"])
    progress.show("reading the dataset")
    old = store.read(original)
    rows, pixels = writer.load(original)
    skipped = SkipLog()
    changed, done = mends.carry_out(rows, request, pixels)
    mended = settle(changed, skipped)
    check(mended, progress.limits, skipped, "Mend less.")
    notes = [finding for finding in old.findings if finding.code not in checkup.CODES]
    record = {
        "format": old.format,
        "sources": old.sources,
        "options": old.options | {"mended": ",".join(dict.fromkeys(mend.code for mend in (*old.mends, *done)))},
        "mends": [*old.mends, *done],
        "original": old.id,
        "columns": old.columns,
        "sheets": old.sheets,
        "split_note": f"{old.split_note} Mended: {plural(len(rows) - len(mended), 'row')} taken out.",
        "skipped": [*old.skipped, *skipped.items],
        "skipped_count": old.skipped_count + skipped.count,
    }
    _finish(folder, {**request, **record}, mended, _Draft(mended, True, old.columns, notes, skipped, pixels), progress)


def _read(
    folder: Path, sources: Sequence[Mapping[str, str]], options: ImportOptions, progress: Progress
) -> list[_Content]:
    """The content of each file. Raises DataError if they are of different kinds."""
    contents, kinds = [], set()
    for source in sources:
        progress.show(f"reading {source['name']}")
        path = Path(source["path"])
        form = formats.recognise(path)
        content = form.read(path, replace(options.read, scratch=folder), progress.limits)
        kinds.add(type(content))
        contents.append(_Content(source["name"], source["split"] or None, form.name, content))
    if len(kinds) > 1:
        raise DataError("The files are of different kinds.", next="Give texts throughout, or images throughout.")
    return contents


def _table(
    folder: Path, task: Task, contents: Sequence[_Content], options: ImportOptions, progress: Progress
) -> _Draft:
    wanted = options.columns.get(task.target.name)
    sources = [
        Source(c.name, indicators.prepared(c.content, task, wanted), c.split)
        for c in contents
        if isinstance(c.content, Table)
    ]
    roles = columns.choose(sources[0].table, task, options.columns)
    progress.show("sorting rows")
    skipped = SkipLog()
    rows, own, notes = assemble.assemble(sources, roles, progress.limits, skipped, folder, options.decimal)
    notes = [*(found for source in sources for found in source.table.notes), *notes]
    notes += columns.second_text(sources[0].table, roles)
    return _Draft(rows, own, roles.uses(list(sources[0].table.columns)), notes, skipped)


def _images(
    folder: Path, task: Task, contents: Sequence[_Content], options: ImportOptions, progress: Progress
) -> _Draft:
    if options.columns:
        raise InvalidOption("Images in class folders have no columns to name.", next="Leave these options out.")
    sources = [ImageSource(c.name, c.content, c.split) for c in contents if isinstance(c.content, Images)]
    sources, replaced = images.without_replaced(sources)
    progress.show("measuring images")
    size = options.image_size or images.store_size(sources, progress.limits)
    skipped = SkipLog()
    rows, own, notes = images.decode(sources, task, size, folder / _DECODED, progress, skipped)
    pixels = np.load(folder / _DECODED, mmap_mode="r")
    roles = [ColumnUse(name=role, role=role) for role in (column.name for column in task.columns)]
    return _Draft(rows, own, roles, [*notes, *replaced], skipped, pixels, LAYOUT)


def _finish(folder: Path, record: Mapping[str, Any], rows: Rows, draft: _Draft, progress: Progress) -> None:
    """Check up, write everything, and the record last."""
    progress.show("checking rows")
    findings = [*checkup.findings(rows, draft.pixels), *draft.notes]
    fingerprint = writer.write(folder, rows, draft.pixels, progress)
    fields = {name: value for name, value in record.items() if name in DatasetRecord.model_fields}
    finished = DatasetRecord.model_validate(
        fields
        | {
            "task": rows.task.name,
            "labels": writer.label_counts(rows),
            "numbers": writer.numbers(rows),
            "splits": writer.split_counts(rows),
            "image_size": None if draft.pixels is None else int(draft.pixels.shape[1]),
            "findings": findings,
            "fingerprint": fingerprint,
            "files": store.hashes(folder),
        }
    )
    files.write_json(folder / "dataset.json", finished.model_dump(mode="json"))


WORK: Mapping[str, Callable[[Path, Mapping[str, Any], Progress], None]] = {"import": import_files, "mend": mend_dataset}
