"""The rows of a file as they stand: for predictions, where nobody knows the labels, and for evaluations.

Nothing is split, mended or judged; all rows become the `test` split of a dataset that is thrown away after use. Beside
it lies `order.json`: a pair for each row of the file in their order, of its place there and its number in the dataset,
which is null if it cannot be read. Runs in the importer process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio import cutting, files
from studio.contracts import Column, ColumnKind, Modality, Task
from studio.data import assemble, columns, formats, images, indicators, store, suited, writer
from studio.data import options as import_options
from studio.data.columns import Roles
from studio.data.formats import _bundle, image_folders
from studio.data.formats._records import Format, ImageItem, Images, SkipLog, Table
from studio.data.formats._spool import Cell
from studio.data.images import ImageSource
from studio.data.pieces import Source, joined
from studio.data.progress import Progress
from studio.data.reading import ReadOptions
from studio.data.rows import Rows, strings
from studio.data.splits import TEST
from studio.data.store import ORDER, ColumnUse, DatasetRecord
from studio.errors import DataError, LimitError, MissingColumn, StudioError, UnknownFormat
from studio.settings import Limits
from studio.tasks import TASKS

Order = list[tuple[str, int | None]]

_DECODED = "decoded.npy"
_SENTENCES = (
    "text",
    "sentence",
    "sentences",
    "content",
    "message",
)  # headers of a column of texts to be cut into words


def read(folder: Path, request: Mapping[str, Any], progress: Progress) -> None:
    """Turn the request's file into a dataset of one split; labels are read only if it is `labelled`."""
    task: Task = TASKS[request["task"]]
    progress.show(f"reading {request['name']}")
    skipped = SkipLog()
    pixels: NDArray[np.uint8] | None = None
    match task.modality:
        case Modality.IMAGE:
            rows, order, pixels = _pictures(folder, task, request, progress, skipped)
        case Modality.TEXT:
            with _told_for_a_model(task, request):
                rows, order = _texts(folder, task, request, progress, skipped)
    if not len(rows):
        first = f"{skipped.items[0].where}: {skipped.items[0].why}" if skipped.items else ""
        raise DataError(f"No row of {request['name']} can be used.", where=first)
    rows = replace(rows, splits=np.full(len(rows), TEST, dtype=np.int8))
    if not request["labelled"]:
        rows = replace(rows, task=_inputs_only(task))
    fingerprint = writer.write(folder, rows, pixels, progress)
    files.write_json(folder / ORDER, order)
    record = DatasetRecord(
        id=request["id"],
        name=request["name"],
        task=task.name,
        created=request["created"],
        format="rows as they stand",
        sources=[{"name": request["name"], "sha256": request["sources"][0]["sha256"]}],
        options={},
        columns=[ColumnUse(name=column.name, role=column.name) for column in rows.task.columns],
        labels=writer.label_counts(rows) if request["labelled"] else [],
        splits=writer.split_counts(rows),
        split_note="All rows are for testing.",
        image_size=None if pixels is None else int(pixels.shape[1]),
        findings=[],
        skipped=skipped.items,
        skipped_count=skipped.count,
        fingerprint=fingerprint,
        files=store.hashes(folder),
    )
    files.write_json(folder / "dataset.json", record.model_dump(mode="json"))


@contextmanager
def _told_for_a_model(task: Task, request: Mapping[str, Any]) -> Iterator[None]:
    """Nobody names columns or a task for a file that a model is asked about: what to do is to bring another file."""
    try:
        yield
    except (MissingColumn, LimitError) as error:
        if isinstance(error, LimitError) and "--option" not in error.next:
            raise  # there is too much of what is wanted
        roles = [column.name for column in (task.columns if request["labelled"] else task.inputs)]
        named = [request["columns"].get(role, role) for role in roles]
        advice = f"Give a file with the columns {', '.join(named)} that the model was trained with."
        if len(named) == 1:
            advice = f"Give a file with the column {named[0]} that the model was trained with."
        raise type(error)(error.what, where=error.where, why=error.why, next=advice) from error


def _inputs_only(task: Task) -> Task:
    """The task for rows without labels."""
    return replace(task, columns=task.inputs)


def _texts(
    folder: Path, task: Task, request: Mapping[str, Any], progress: Progress, skipped: SkipLog
) -> tuple[Rows, Order]:
    path, name = Path(request["sources"][0]["path"]), request["name"]
    form, options = formats.recognise(path), import_options.parse(request["options"])
    content = _read(form, path, replace(options.read, scratch=folder), progress.limits)
    if isinstance(content, Images):
        content.close()
        raise DataError(f"{name} holds images, but the model reads texts.", next="Give a table or a text file.")
    if request["labelled"]:
        content = indicators.prepared(content, task, request["columns"].get(task.target.name))
    named = {role: column for role, column in request["columns"].items() if column in content.columns}
    if request["labelled"]:
        suited.task_for(content, task.name)
        roles = replace(columns.choose(content, task, named), split=None)
        rows, _, _ = assemble.assemble(
            [Source(name, content, None)], roles, progress.limits, skipped, folder, options.decimal
        )
    else:
        if len(task.inputs) == 1 and _is_a_list(
            content, {*named.values(), task.inputs[0].name, *task.inputs[0].aliases, *_SENTENCES}
        ):
            content = form.read(path, replace(options.read, header=False, scratch=folder), progress.limits)
            assert isinstance(content, Table)
        rows = _unlabelled(task, content, named, skipped, request)
    return rows, _order(content, name, rows)


def _read(form: Format, path: Path, options: ReadOptions, limits: Limits) -> Table | Images:
    """The file, read as the one was that was trained on; if it is of another make, as it asks for itself."""
    try:
        return form.read(path, options, limits)
    except StudioError:
        return form.read(path, ReadOptions(scratch=options.scratch), limits)


def _is_a_list(table: Table, names: set[str]) -> bool:
    """Whether the file is a plain list of texts: one column, whose header is no name of one but the first text."""
    (header, *others) = table.columns
    return not others and header.strip().lower() not in {name.lower() for name in names}


def _order(table: Table, name: str, rows: Rows) -> Order:
    """All rows, also those that the format could not read."""
    lines = [int(line) for line in table.lines]
    unread = [int(item.where) for item in table.skipped.items if item.where.isdecimal()]
    numbers = {line: number for number, line in enumerate(rows.table.column("line").to_pylist())}
    places = [f"{name}:{line}" for line in sorted({*lines, *unread})]
    return [(place, numbers.get(place)) for place in places]


def _unlabelled(
    task: Task, table: Table, named: Mapping[str, str], skipped: SkipLog, request: Mapping[str, Any]
) -> Rows:
    """The rows' inputs; blank ones are listed as skipped, all of them."""
    name, characters = request["name"], bool(request.get("characters"))
    wanted = (_readable(task.inputs[0], table), *task.inputs[1:])
    # The file may still have its other columns, such as labels, but this task has those of the inputs only.
    kept = {column.name for column in wanted} & named.keys() if wanted == task.inputs else set()
    kept |= {"join"} & named.keys() if wanted[0].name in kept else set()
    known = {role: named[role] for role in named if role in kept}
    roles: Roles = columns.choose(table, replace(task, columns=wanted), known)
    for item in table.skipped.items:
        skipped.add(f"{name}:{item.where}", item.why)
    skipped.count += table.skipped.count - len(table.skipped.items)
    rows, lines = list[list[Cell]](), list[str]()
    given = [joined([table.columns[name] for name in roles.inputs]), *(table.columns[n] for n in roles.others.values())]
    for cells, line in zip(zip(*given, strict=True), table.lines, strict=True):
        values = [_value(column.kind, cell, characters) for column, cell in zip(task.inputs, cells, strict=True)]
        if all(values):
            rows.append(values)
            lines.append(f"{name}:{line}")
        else:
            skipped.add(f"{name}:{line}", "The row is empty." if len(values) == 1 else "One of the texts is empty.")
    inputs = {c.name: _arrow(c.kind, [row[place] for row in rows]) for place, c in enumerate(task.inputs)}
    content = pa.table({**inputs, "line": strings(lines)})
    return Rows(task, content, (), np.zeros(len(rows), dtype=np.int8), np.zeros(len(rows), dtype=np.uint64))


def _arrow(kind: ColumnKind, cells: Sequence[Any]) -> Any:
    """An input as a column of the store."""
    return pa.array(cells, type=pa.list_(pa.string())) if kind is ColumnKind.TOKENS else strings(cells)


def _readable(column: Column, table: Table) -> Column:
    """The input column; where words are wanted and no column holds lists of them, one with texts to be cut."""
    lists = any(cells.lists for cells in table.columns.values())
    if column.kind is ColumnKind.TOKENS and not lists:
        return replace(column, kind=ColumnKind.TEXT, aliases=_SENTENCES)
    return column


def _value(kind: ColumnKind, cell: Cell, characters: bool) -> Cell:
    """The cell as the task's encode takes it; empty if there is nothing in it. Of words see `cutting`."""
    if kind is ColumnKind.TOKENS:
        if isinstance(cell, str):
            return cutting.words(cell, characters)
        return [word for word in map(str.strip, cell) if word]
    text = cell if isinstance(cell, str) else " ".join(cell)
    return text if text.strip() else ""


def _pictures(
    folder: Path, task: Task, request: Mapping[str, Any], progress: Progress, skipped: SkipLog
) -> tuple[Rows, Order, NDArray[np.uint8]]:
    path = Path(request["sources"][0]["path"])
    if request["labelled"]:
        content = formats.recognise(path).read(path, ReadOptions(), progress.limits)
        if not isinstance(content, Images):
            raise DataError(f"{request['name']} holds a table, but the model reads images.", next=image_folders.LAYOUT)
    else:
        content = _any_images(path, progress)
    source = ImageSource(request["name"], content, None)
    size = request["image_size"] or images.store_size([source], progress.limits)
    target = folder / _DECODED
    rows, _, _ = images.decode([source], task, size, target, progress, skipped)
    # Two images of a zip can have one name, so they are told apart by where they lie in it.
    numbers = {place: number for number, place in enumerate(rows.table.column(task.inputs[0].name).to_pylist())}
    order: Order = [(item.name, numbers.get(place)) for place, item in enumerate(content.items)]
    named = {item.name for item in content.items}
    order += [(item.where, None) for item in content.skipped.items if item.where not in named]
    return rows, order, np.load(target, mmap_mode="r")


def _any_images(path: Path, progress: Progress) -> Images:
    """Every image of a folder or zip, wherever it lies in it, or a single image file."""
    if path.is_file() and not image_folders.recognise(path, _head(path)):
        return Images([ImageItem(path.name, "", None, 0)], lambda _: path.read_bytes(), lambda: None)
    found = _bundle.open_files(path, progress.limits)
    items = [
        ImageItem("/".join(parts), "", None, place)
        for place, parts in enumerate(found.names)
        if Path(parts[-1]).suffix.lower() not in image_folders.OTHER_FILES
    ]
    if not items:
        found.close()
        raise UnknownFormat(f"{path.name} holds no images.", next="Give images, or a folder or zip of images.")
    return Images(items, lambda item: found.read(item.key), found.close, found.skipped)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
