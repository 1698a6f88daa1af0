"""A dataset's folder: a checked, split set of rows in one canonical form, whatever it came from.

dataset.json     the record below; written last, so its presence means "complete"
rows/<split>/    an Arrow dataset (`datasets.load_from_disk` opens `rows/`) with one column per role of the task,
                 plus `line`: where the row stood in the file ("train.csv:17"), and for images `image`: its index
images.npy       uint8 [n, size, size, 3], all images upright, resized and cut square once, in the order of the
                 splits (train, valid, test), so a split is a slice of the memory-mapped file
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from studio import files
from studio.contracts import Scale
from studio.errors import UnknownName, WrongState
from studio.identifiers import is_id

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "valid", "test")
VERSION = 1
ORDER = "order.json"  # the places of all rows of a file that was read as it stands (`unsplit`)


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelCount(Record):
    name: str
    count: int


class ColumnUse(Record):
    """A column of the file and the role it plays; `role` is None for one that is not used."""

    name: str
    role: str | None


class Finding(Record):
    """Something the check-up noticed. `fix` is the code of a mend that `checkup --fix` knows, or None."""

    code: str
    severity: str  # "info", "warning" or "error"
    message: str
    count: int
    examples: list[str]
    fix: str | None


class Numbers(Record):
    """The numbers that are learned: mean and standard deviation of the training rows', lowest and highest of all."""

    mean: float
    deviation: float
    low: float
    high: float


class Mend(Record):
    """A mend that was chosen for the rows of a dataset: rows taken out, and rows whose class or text was changed."""

    code: str
    removed: int
    changed: int


class Skipped(Record):
    where: str
    why: str


class DatasetRecord(Record):
    """`dataset.json`."""

    version: int = VERSION
    id: str
    name: str
    task: str
    created: float
    format: str
    sources: list[dict[str, str]]  # name and sha256 of each file it came from
    options: dict[str, str]
    columns: list[ColumnUse]
    sheets: tuple[str, ...] = ()  # of the workbook it came from
    labels: list[LabelCount]
    numbers: Numbers | None = None
    splits: dict[str, int]
    split_note: str  # how the splits came about, as a sentence
    image_size: int | None
    findings: list[Finding]
    skipped: list[Skipped]
    skipped_count: int  # all of them; `skipped` lists at most a few hundred
    fingerprint: str  # SHA-256 over the rows, the images and the labels
    mends: list[Mend] = []  # in their order, since the import
    original: str | None = None  # the dataset that was mended, to which a person can go back
    files: dict[str, str] = {}  # SHA-256 of each file that training reads, by its place in the folder

    @property
    def rows(self) -> int:
        return sum(self.splits.values())

    @property
    def scale(self) -> Scale | None:
        return Scale(self.numbers.mean, self.numbers.deviation) if self.numbers else None

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)


def every(datasets: Path) -> list[DatasetRecord]:
    """All complete datasets that can be read, newest first."""
    if not datasets.is_dir():
        return []
    folders = sorted((f for f in datasets.iterdir() if is_id(f.name)), reverse=True)
    records = []
    for folder in folders:
        with suppress(FileNotFoundError, WrongState):  # not complete or just removed; damaged
            records.append(read(folder))
    return records


def read(folder: Path) -> DatasetRecord:
    """The record of a complete dataset. Raises WrongState if it cannot be read, FileNotFoundError if there is none."""
    try:
        record = DatasetRecord.model_validate_json((folder / "dataset.json").read_bytes())
        if record.version > VERSION:
            raise ValueError("made by a newer version")
    except ValueError as error:
        raise WrongState(
            f"The dataset {folder.name} cannot be read.",
            why="It was made by a newer version, or is damaged.",
            next="Import its file again, or use the version that made it.",
        ) from error
    return record


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that training reads, by its place in a dataset's folder."""
    return {name: files.sha256(folder / name) for name in _learned(folder)}


def altered(folder: Path) -> list[str]:
    """The files of a dataset that are not as its import left them, or cannot be read; of an older studio's nobody
    knows. All of them are read in full."""
    wanted = read(folder).files
    return sorted(name for name in wanted.keys() | set(_learned(folder)) if wanted and not _is(folder, name, wanted))


def _learned(folder: Path) -> list[str]:
    """The files that training reads, by their places in a dataset's folder."""
    paths = sorted([*(folder / "rows").rglob("*.arrow"), *folder.glob("images.npy")])
    return [path.relative_to(folder).as_posix() for path in paths]


def _is(folder: Path, name: str, wanted: Mapping[str, str]) -> bool:
    with suppress(OSError):
        return files.sha256(folder / name) == wanted.get(name)
    return False


def find(datasets: Path, reference: str) -> DatasetRecord:
    """The dataset with this id, or the newest one with this name. Raises UnknownName, WrongState (damaged)."""
    if is_id(reference) and (datasets / reference / "dataset.json").is_file():
        return read(datasets / reference)
    for record in every(datasets):
        if record.name == reference:
            return record
    raise UnknownName(f"There is no dataset '{reference}'.", next="'datasets' lists them.")


def summary(folder: Path) -> dict[str, Any]:
    """What `import --json` prints."""
    record = read(folder)
    return {
        "dataset": record.id,
        "name": record.name,
        "task": record.task,
        "columns": [column.model_dump() for column in record.columns],
        "sheets": list(record.sheets),
        "rows": record.rows,
        "labels": [label.model_dump() for label in record.labels],
        "numbers": record.numbers.model_dump() if record.numbers else None,
        "splits": record.splits,
        "split_note": record.split_note,
        "image_size": record.image_size,
        "findings": [finding.model_dump() for finding in record.findings],
        "skipped": [skipped.model_dump() for skipped in record.skipped],
        "skipped_count": record.skipped_count,
        "mends": [mend.model_dump() for mend in record.mends],
        "original": record.original,
        "format": record.format,
        "options": record.options,
        "fingerprint": record.fingerprint,
        "folder": str(folder),
    }


def read_rows(folder: Path, split: str, start: int = 0, stop: int | None = None) -> dict[str, list[Any]]:
    """Columns of a split as plain Python values, rows `start` to `stop`; images as their index.

    Reads the Arrow files directly (memory-mapped, the IPC stream layout that `datasets` writes), so that the page can
    show rows without loading `datasets`.
    """
    found = table(folder, split)
    part = found.slice(start, None if stop is None else stop - start)
    return {name: part.column(name).to_pylist() for name in part.column_names}


def table(folder: Path, split: str) -> pa.Table:
    """The rows of a split as an Arrow table, mapped into memory; without columns where there are none."""
    import pyarrow

    shards = [entry["filename"] for entry in files.read_json(folder / "rows" / split / "state.json")["_data_files"]]
    maps = [pyarrow.memory_map(str(folder / "rows" / split / name)) for name in shards]
    tables = [pyarrow.ipc.open_stream(file).read_all() for file in maps]
    return pyarrow.concat_tables(tables) if tables else pyarrow.table({})


def columns(folder: Path, split: str) -> Mapping[str, Sequence[Any]]:
    """A split as a task's `encode` takes it: texts and class ids as lists, images as uint8 [n, size, size, 3]."""
    import numpy as np

    rows: dict[str, Any] = dict(read_rows(folder, split))
    if "image" in rows:
        first, count = (rows["image"] or [0])[0], len(rows["image"])
        rows["image"] = np.load(folder / "images.npy", mmap_mode="r")[first : first + count]
    return rows
