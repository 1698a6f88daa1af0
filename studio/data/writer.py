"""Writes rows into a dataset's folder in the form `studio.data.store` describes, and reads them back for a mend."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from studio import files
from studio.contracts import ColumnKind
from studio.data import store
from studio.data.process_limits import allow_mapping
from studio.data.progress import Progress
from studio.data.rows import Rows, key_of, keys_of, text_keys, token_keys
from studio.data.store import SPLITS, LabelCount
from studio.tasks import TASKS

_BLOCK = 256  # images copied at once


def write(folder: Path, rows: Rows, pixels: NDArray[np.uint8] | None, progress: Progress) -> str:
    """Write `rows/`, and `images.npy` for images; returns the fingerprint.

    `pixels` [m, size, size, 3] is what the rows' image column points into.
    """
    ordered = rows.take(np.argsort(rows.splits, kind="stable"))
    digest = hashlib.sha256("\n".join(ordered.labels).encode("utf-8"))
    if pixels is not None:
        ordered = _write_images(folder / "images.npy", ordered, pixels, progress, digest)
    _hash_rows(ordered, digest)
    progress.show("writing rows")
    _save(folder, ordered, digest.hexdigest())
    return digest.hexdigest()


def _write_images(path: Path, rows: Rows, pixels: NDArray[np.uint8], progress: Progress, digest: Any) -> Rows:
    """Copy the images in the rows' order; the rows then count them from 0."""
    name = rows.task.inputs[0].name
    places = rows.table.column(name).to_numpy()
    stored = open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(places), *pixels.shape[1:]))
    for start in range(0, len(places), _BLOCK):
        progress.show("writing images", start, len(places))
        block = pixels[places[start : start + _BLOCK]]
        stored[start : start + len(block)] = block
        digest.update(block.tobytes())
    stored.flush()
    files.sync(path)
    column = pa.array(np.arange(len(places), dtype=np.int64))
    return replace(rows, table=rows.table.set_column(rows.table.column_names.index(name), name, column))


def _hash_rows(rows: Rows, digest: Any) -> None:
    """Add what is learned from to the fingerprint; where a row stood in its file does not matter."""
    for split in range(len(SPLITS)):
        part = rows.take(rows.splits == split).table
        for name in sorted(set(part.column_names) - {"line"}):
            digest.update(f"{split}/{name}/{part.num_rows}\n".encode())
            for batch in part.select([name]).combine_chunks().to_batches():
                digest.update(batch.serialize())


def _save(folder: Path, rows: Rows, fingerprint: str) -> None:
    from datasets import Dataset, DatasetDict, DatasetInfo, disable_progress_bars
    from datasets.table import InMemoryTable

    disable_progress_bars()
    features = _features(rows)
    parts = {}
    for split, name in enumerate(SPLITS):
        table = rows.take(rows.splits == split).table.select(list(features)).cast(features.arrow_schema)
        info = DatasetInfo(features=features)
        parts[name] = Dataset(InMemoryTable(table), info=info, fingerprint=f"{fingerprint[:16]}{split}")
    with files.staged_folder(folder / "rows") as staged:
        DatasetDict(parts).save_to_disk(staged)


def _features(rows: Rows) -> Any:
    from datasets import ClassLabel, Features, Sequence, Value

    classes = ClassLabel(names=list(rows.labels))
    kinds: dict[ColumnKind, Any] = {
        ColumnKind.TEXT: Value("string"),
        ColumnKind.TOKENS: Sequence(Value("string")),
        ColumnKind.IMAGE: Value("int64"),
        ColumnKind.LABEL: classes,
        ColumnKind.TAGS: Sequence(classes),
    }
    return Features({column.name: kinds[column.kind] for column in rows.task.columns} | {"line": Value("string")})


def label_counts(rows: Rows) -> list[LabelCount]:
    """How often each class occurs: in rows, or in words where words are tagged."""
    counts = np.bincount(rows.classes(), minlength=len(rows.labels))
    return [LabelCount(name=name, count=int(count)) for name, count in zip(rows.labels, counts, strict=True)]


def split_counts(rows: Rows) -> dict[str, int]:
    counts = np.bincount(rows.splits, minlength=len(SPLITS))
    return {name: int(count) for name, count in zip(SPLITS, counts, strict=True)}


def load(folder: Path) -> tuple[Rows, NDArray[np.uint8] | None]:
    """The rows of a finished dataset and its images, if it has any."""
    record = store.read(folder)
    task = TASKS[record.task]
    names = [*(column.name for column in task.columns), "line"]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    splits: list[int] = []
    for number, split in enumerate(SPLITS):
        part = store.read_rows(folder, split)
        splits += [number] * len(part["line"])
        for name in names:
            columns[name] += part[name]
    types = {
        ColumnKind.TEXT: pa.string(),
        ColumnKind.TOKENS: pa.list_(pa.string()),
        ColumnKind.TAGS: pa.list_(pa.int64()),
    }
    kinds = {column.name: types.get(column.kind, pa.int64()) for column in task.columns} | {"line": pa.string()}
    table = pa.table({name: pa.array(columns[name], type=kinds[name]) for name in names})
    inputs, pixels = columns[task.inputs[0].name], None
    if task.inputs[0].kind is ColumnKind.IMAGE:
        allow_mapping(2 * (folder / "images.npy").stat().st_size)
        pixels = np.load(folder / "images.npy", mmap_mode="r")
        keys = keys_of([key_of(pixels[place].tobytes()) for place in inputs])
    else:
        keys = token_keys(inputs) if task.inputs[0].kind is ColumnKind.TOKENS else text_keys(inputs)
    return Rows(task, table, record.label_names, np.array(splits, dtype=np.int8), keys), pixels
