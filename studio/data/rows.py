"""The rows of a dataset in memory, in canonical form: what the importer builds, checks, mends and writes.

Knows no file format and no page. Runs in the importer process only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.contracts import UNCLASSED, ColumnKind, Task
from studio.data.formats._records import SkipLog
from studio.data.notes import note, plural
from studio.data.splits import TRAIN
from studio.data.store import SPLITS, Finding

_CHUNK = 100_000  # texts of one Arrow chunk; a chunk of strings must stay below 2 GiB


@dataclass(frozen=True)
class Rows:
    """Rows with their split and class.

    `table` has one column per input role of the task, `line`, and the target: class ids (int64), lists of them where
    the task tags words or a row may have several, numbers (float64) where those are learned, or lists of the places of
    answers; there is none where texts are all that is known. `splits` [n] is 0, 1 or 2; `keys` [n] are equal for rows
    whose inputs are the same.
    """

    task: Task
    table: pa.Table
    labels: tuple[str, ...]
    splits: NDArray[np.int8]
    keys: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.splits)

    @property
    def tagged(self) -> bool:
        """Whether each word has a class, rather than each row."""
        return self.task.target.kind is ColumnKind.TAGS

    @property
    def several(self) -> bool:
        """Whether a row may have several classes, or none."""
        return self.task.target.kind is ColumnKind.LABELS

    @property
    def listed(self) -> bool:
        """Whether a row has a list of classes."""
        return self.tagged or self.several

    @property
    def classed(self) -> bool:
        """Whether each row has a class."""
        return self.task.target.kind is ColumnKind.LABEL

    @property
    def numbers(self) -> NDArray[np.float64] | None:
        """The number of each row, where numbers are learned."""
        if self.task.target.kind is not ColumnKind.NUMBER:
            return None
        return np.asarray(self.table.column(self.task.target.name), dtype=np.float64)

    @property
    def answered(self) -> NDArray[np.bool_] | None:
        """Whether each row has an answer, where answers in texts are learned."""
        if self.task.target.kind is not ColumnKind.ANSWERS:
            return None
        return np.asarray(lengths(self) > 0)

    @property
    def kin(self) -> NDArray[np.uint64]:
        """[n] equal for rows that belong into one split: those that are the same, or that ask about one text, where
        there is one for each split."""
        if self.task.target.kind is not ColumnKind.ANSWERS:
            return self.keys
        texts = text_keys(self.table.column(self.task.inputs[-1].name).to_pylist())
        return texts if len(np.unique(texts)) >= len(SPLITS) else self.keys

    def column(self, name: str) -> pa.Array:
        """A column in one piece."""
        return self.table.column(name).combine_chunks()

    def classes(self) -> NDArray[np.int64]:
        """Class ids, one per row; of rows with lists those of each, rows one after the other. Else all are of one."""
        if self.task.target.kind in UNCLASSED:
            return np.zeros(len(self), dtype=np.int64)
        column = self.table.column(self.task.target.name)
        chunks = [chunk.flatten() if self.listed else chunk for chunk in column.chunks]
        arrays = [chunk.to_numpy(zero_copy_only=False) for chunk in chunks]
        return np.concatenate(arrays).astype(np.int64) if arrays else np.zeros(0, dtype=np.int64)

    def strata(self) -> NDArray[np.int64]:
        """The class by which a row is stratified: of several the rarest (a simple form of Sechidis et al. 2011,
        doi:10.1007/978-3-642-23808-6_10), and one of their own for rows without any; tagged rows have none."""
        if not self.several:
            return np.zeros(len(self), dtype=np.int64) if self.tagged else self.classes()
        classes, size = self.classes(), len(self.labels)
        order = np.argsort(np.bincount(classes, minlength=size), kind="stable")  # the rarest first
        rarest = np.full(len(self), size, dtype=np.int64)
        np.minimum.at(rarest, self.row_of(), np.argsort(order)[classes])
        return np.append(order, size)[rarest]

    def row_of(self) -> NDArray[np.int64]:
        """The row of each of `classes()`."""
        return np.repeat(np.arange(len(self)), lengths(self)) if self.listed else np.arange(len(self))

    def take(self, kept: NDArray[Any]) -> Rows:
        """The rows at these places, or under this mask."""
        places = np.flatnonzero(kept) if kept.dtype == bool else kept
        table = self.table.take(pa.array(places, type=pa.int64()))
        return replace(self, table=table, splits=self.splits[places], keys=self.keys[places])

    def lines(self, places: Sequence[int] | NDArray[Any]) -> list[str]:
        """Where rows stood in their file."""
        column = self.table.column("line")
        return [column[int(place)].as_py() for place in places]

    def shown(self, place: int) -> str:
        """A row's input as one line of text, for an example."""
        if self.task.inputs[0].kind is ColumnKind.IMAGE:
            return self.lines([place])[0]
        values = [self.table.column(column.name)[int(place)].as_py() for column in self.task.inputs]
        return " | ".join(" ".join(value) if isinstance(value, list) else str(value) for value in values)


def strings(values: Sequence[str]) -> pa.ChunkedArray:
    """Texts as an Arrow column."""
    return pa.chunked_array(
        [pa.array(values[i : i + _CHUNK], type=pa.string()) for i in range(0, len(values), _CHUNK)], type=pa.string()
    )


def with_target(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The table with its target column replaced or added."""
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def with_texts(rows: Rows, *texts: Sequence[str]) -> Rows:
    """The rows with other texts as their inputs, one sequence for each input."""
    table = rows.table
    for column, values in zip(rows.task.inputs, texts, strict=True):
        table = table.set_column(table.column_names.index(column.name), column.name, strings(values))
    return replace(rows, table=table, keys=text_keys(*texts))


def fold(text: str) -> str:
    """The text as it is compared with others: Unicode NFKC, no case, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def key_of(content: bytes) -> bytes:
    """8 bytes that are the same for the same content."""
    return blake2b(content, digest_size=8).digest()


def keys_of(digests: Sequence[bytes]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def text_keys(*texts: Sequence[str]) -> NDArray[np.uint64]:
    """Keys of rows with one text, or with several, which count together and in their order."""
    return keys_of([key_of("\x1e".join(map(fold, row)).encode()) for row in zip(*texts, strict=True)])


def token_keys(rows: Sequence[Sequence[str]]) -> NDArray[np.uint64]:
    return keys_of([key_of("\x1f".join(map(fold, words)).encode()) for words in rows])


def sort_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """By number if all are numbers, else by name."""
    if all(re.fullmatch(r"[+-]?\d{1,15}(\.\d{0,15})?", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (float(label), label)))
    return tuple(sorted(labels))


def settle(rows: Rows, skipped: SkipLog) -> Rows:
    """Only rows whose classes occur among the training rows, and only those classes, in order."""
    if rows.task.target.kind in UNCLASSED:
        return rows
    trained = np.unique(_of_split(rows, TRAIN))
    unknown = _with_classes_outside(rows, trained)
    for place in np.flatnonzero(unknown):
        named = ", ".join(rows.labels[i] for i in _classes_at(rows, int(place)) if i not in trained)
        skipped.add(rows.lines([int(place)])[0], f"No training row has the class '{named}'.")
    kept = rows.take(~unknown) if unknown.any() else rows
    labels = sort_labels([rows.labels[i] for i in trained])
    return relabel(kept, labels, {int(old): labels.index(rows.labels[old]) for old in trained})


def unknown_classes(rows: Rows) -> list[Finding]:
    """A note on classes of valid and test rows that no training row has: such rows cannot be used."""
    if rows.task.target.kind in UNCLASSED:
        return []
    trained = np.unique(_of_split(rows, TRAIN))
    named = [rows.labels[number] for number in np.setdiff1d(rows.classes(), trained).tolist()]
    if not named or not len(trained):
        return []
    count = int(_with_classes_outside(rows, trained).sum())
    message = f"{plural(count, 'row has', 'rows have')} a class that no training row has and cannot be used."
    return [note("unknown_classes", message, count, named, "warning")]


def relabel(rows: Rows, labels: tuple[str, ...], mapping: dict[int, int]) -> Rows:
    """The rows with other class names; `mapping` gives each used class id its new one."""
    table = np.full(max(1, len(rows.labels)), -1, dtype=np.int64)
    for old, new in mapping.items():
        table[old] = new
    return with_classes(rows, table[rows.classes()], labels)


def with_classes(rows: Rows, flat: NDArray[np.int64], labels: tuple[str, ...]) -> Rows:
    """The rows with other classes, in the order of `classes()`. Where rows may have several, each stays once and -1
    goes."""
    values: pa.Array = pa.array(flat, type=pa.int64())
    if rows.several:
        sets = [sorted({*part.tolist()} - {-1}) for part in np.split(flat, np.cumsum(lengths(rows))[:-1])]
        values = pa.array(sets[: len(rows)], type=pa.list_(pa.int64()))
    elif rows.tagged:
        values = pa.ListArray.from_arrays(_offsets(rows), values)
    return replace(rows, table=with_target(rows.table, rows.task.target.name, values), labels=labels)


def _offsets(rows: Rows) -> pa.Array:
    """Where the list of each row begins in `classes()`."""
    return pa.array(np.concatenate([[0], np.cumsum(lengths(rows))]), type=pa.int32())


def lengths(rows: Rows) -> NDArray[np.int64]:
    """Entries of the list that is a row's target: its classes, one for each word, or places of answers."""
    import pyarrow.compute as pc

    return np.asarray(pc.list_value_length(rows.column(rows.task.target.name)), dtype=np.int64)


def _of_split(rows: Rows, split: int) -> NDArray[np.int64]:
    mask = rows.splits == split
    return np.asarray(rows.classes()[mask[rows.row_of()]], dtype=np.int64)


def _with_classes_outside(rows: Rows, known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mask of the rows that have a class which is not among `known`."""
    outside = ~np.isin(rows.classes(), known)
    return np.bincount(rows.row_of()[outside], minlength=len(rows)) > 0


def _classes_at(rows: Rows, place: int) -> list[int]:
    value = rows.table.column(rows.task.target.name)[place].as_py()
    return sorted(set(value)) if isinstance(value, list) else [value]
