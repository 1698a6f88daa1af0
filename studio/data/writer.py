"""Writes rows into a dataset's folder in the form `studio.data.store` describes, and reads them back for a mend."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from studio import files
from studio.contracts import UNCLASSED, ColumnKind
from studio.data import store
from studio.data.process_limits import allow_mapping
from studio.data.progress import Progress
from studio.data.rows import Rows, key_of, keys_of, text_keys, token_keys
from studio.data.store import SPLITS, LabelCount, Numbers
from studio.tasks import TASKS

_BLOCK = 256  # images copied at once
_ROWS = 8_192  # rows copied at once
_DEEPEST = 3  # lists, texts in them, letters in those


def write(folder: Path, rows: Rows, pixels: NDArray[np.uint8] | None, progress: Progress) -> str:
    """Write `rows/`, and `images.npy` for images; returns the fingerprint.

    `pixels` [m, size, size, 3] is what the rows' image column points into.
    """
    digest = hashlib.sha256("\n".join(rows.labels).encode("utf-8"))
    if pixels is not None:
        ordered = rows.take(np.argsort(rows.splits, kind="stable"))
        rows = _write_images(folder / "images.npy", ordered, pixels, progress, digest)
    progress.show("writing rows")
    with files.temporary_folder(folder) as scratch:
        places = [_write_split(scratch, rows, split, digest) for split in range(len(SPLITS))]
        _save(folder, rows, places, digest.hexdigest())
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


def _write_split(folder: Path, rows: Rows, split: int, digest: Any) -> Path:
    """Write the rows of a split as an Arrow stream, block by block, and add what is learned from to the fingerprint.

    Where a row stood in its file does not matter for that, nor how the rows are cut into blocks.
    """
    schema = _features(rows).arrow_schema
    path = folder / f"{SPLITS[split]}.arrow"
    hashes = {name: [hashlib.sha256() for _ in range(_DEEPEST)] for name in sorted(set(schema.names) - {"line"})}
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
        for start in range(0, len(rows), _ROWS):
            mask = rows.splits[start : start + _ROWS] == split
            if not mask.any():
                continue
            block = rows.table.select(schema.names).slice(start, _ROWS).filter(pa.array(mask)).cast(schema)
            for name, found in hashes.items():
                for chunk in block.column(name).chunks:
                    _hash(chunk, found)
            stream.write_table(block)
    for name, found in hashes.items():
        digest.update(f"{split}/{name}/{'/'.join(one.hexdigest() for one in found)}\n".encode())
    return path


def _hash(column: pa.Array, hashes: Sequence[Any]) -> None:
    """Add a column's values: lengths of lists to the first hash, of texts to the second, what they hold to the last."""
    if pa.types.is_list(column.type):
        hashes[0].update(np.asarray(pc.list_value_length(column), dtype="<i8").tobytes())
        column = column.flatten()
    if pa.types.is_string(column.type):
        lengths = np.asarray(pc.binary_length(column), dtype="<i8")
        hashes[1].update(lengths.tobytes())
        begin = int(np.frombuffer(column.buffers()[1], dtype="<i4")[column.offset]) if len(column) else 0
        if lengths.sum():
            hashes[2].update(column.buffers()[2].slice(begin, int(lengths.sum())))
    else:
        kind = "<f8" if pa.types.is_floating(column.type) else "<i8"
        hashes[2].update(np.asarray(column, dtype=kind).tobytes())


def _save(folder: Path, rows: Rows, places: Sequence[Path], fingerprint: str) -> None:
    from datasets import Dataset, DatasetDict, DatasetInfo, disable_progress_bars
    from datasets.table import MemoryMappedTable

    disable_progress_bars()
    info, parts = DatasetInfo(features=_features(rows)), {}
    for split, path in enumerate(places):
        allow_mapping(path.stat().st_size)
        table = MemoryMappedTable.from_file(str(path))
        parts[SPLITS[split]] = Dataset(table, info=info, fingerprint=f"{fingerprint[:16]}{split}")
    with files.staged_folder(folder / "rows") as staged:
        DatasetDict(parts).save_to_disk(staged)


def _features(rows: Rows) -> Any:
    from datasets import ClassLabel, Features, Value
    from datasets import Sequence as Lists

    classes = ClassLabel(names=list(rows.labels))
    kinds: dict[ColumnKind, Any] = {
        ColumnKind.TEXT: Value("string"),
        ColumnKind.TOKENS: Lists(Value("string")),
        ColumnKind.IMAGE: Value("int64"),
        ColumnKind.LABEL: classes,
        ColumnKind.LABELS: Lists(classes),
        ColumnKind.TAGS: Lists(classes),
        ColumnKind.NUMBER: Value("float64"),
        ColumnKind.ANSWERS: Lists(Value("int64")),
    }
    return Features({column.name: kinds[column.kind] for column in rows.task.columns} | {"line": Value("string")})


def numbers(rows: Rows) -> Numbers | None:
    """Where the numbers that are learned lie; None where classes are learned."""
    values = rows.numbers
    if values is None:
        return None
    trained = values[rows.splits == 0]
    return Numbers(mean=trained.mean(), deviation=trained.std(), low=values.min(), high=values.max())


def label_counts(rows: Rows) -> list[LabelCount]:
    """How often each class occurs: in rows, or in words where words are tagged. Without classes there are none."""
    if rows.task.target.kind in UNCLASSED:
        return []
    counts = np.bincount(rows.classes(), minlength=len(rows.labels))
    return [LabelCount(name=name, count=int(count)) for name, count in zip(rows.labels, counts, strict=True)]


def split_counts(rows: Rows) -> dict[str, int]:
    counts = np.bincount(rows.splits, minlength=len(SPLITS))
    return {name: int(count) for name, count in zip(SPLITS, counts, strict=True)}


def load(folder: Path) -> tuple[Rows, NDArray[np.uint8] | None]:
    """The rows of a finished dataset and its images, if it has any."""
    record = store.read(folder)
    task = TASKS[record.task]
    allow_mapping(sum(path.stat().st_size for path in (folder / "rows").rglob("*.arrow")))
    found = [store.table(folder, split) for split in SPLITS]
    splits = np.repeat(np.arange(len(SPLITS), dtype=np.int8), [part.num_rows for part in found])
    names = [*(column.name for column in task.columns), "line"]
    table = pa.concat_tables([part.select(names) for part in found if part.num_rows]).replace_schema_metadata(None)
    inputs, pixels = table.column(task.inputs[0].name), None
    if task.inputs[0].kind is ColumnKind.IMAGE:
        allow_mapping(2 * (folder / "images.npy").stat().st_size)
        pixels = np.load(folder / "images.npy", mmap_mode="r")
        keys = keys_of([key_of(pixels[place].tobytes()) for place in inputs.to_pylist()])
    else:
        count = token_keys if task.inputs[0].kind is ColumnKind.TOKENS else text_keys
        batches = table.select([column.name for column in task.inputs]).to_batches()
        keys = np.concatenate([count(*(column.to_pylist() for column in batch.columns)) for batch in batches])
    return Rows(task, table, record.label_names, splits, keys), pixels
