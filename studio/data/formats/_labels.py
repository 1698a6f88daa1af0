"""A labels file beside images: which of its columns names the files, which the classes, and which image each row means.

The file may be CSV of any delimiter or JSON (lines, an array, or an object of names); paths in it may be those of
another machine, with or without their ending. Works on text and names, opens nothing.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studio.contracts import ColumnKind
from studio.data.formats._layouts import Name, Placed, splits_of
from studio.data.formats._records import SkipLog
from studio.data.listed import MARK, as_cell, labels_in
from studio.data.notes import note, plural
from studio.data.numbers import INDICATORS
from studio.data.splits import ALIASES
from studio.data.store import Finding
from studio.tasks import TASKS

SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
_DELIMITERS = ("\t", ",", ";", "|", " ")
_FIELD_LIMIT = 2**31 - 1
_YES = {yes for _, yes in INDICATORS}
_SPLIT_NAMES = ("split", "set", "subset", "partition")
_CLASS_NAMES = {
    name
    for task in TASKS.values()
    if task.inputs[0].kind is ColumnKind.IMAGE
    for name in (task.target.name, *task.target.aliases)
} | {"class", "category", "species", "breed", "标签", "类别"}
_LEAST = 0.5  # of the images that a labels file has to name
_FEW = 0.05  # of the images: so many may have two labels by mistake

Row = Mapping[str, str]


@dataclass(frozen=True)
class LabelsFile:
    """What one labels file says: the class and split of images by their place, and the rows that name no image."""

    name: str
    columns: tuple[str, str]  # of the file's name and of the class
    placed: Mapping[int, Placed]
    missing: Sequence[str]

    @property
    def sure(self) -> bool:
        """Whether a column is called like a class."""
        return _is_class(self.columns[1])


@dataclass(frozen=True)
class Labelled:
    """What all labels files together say of each image."""

    placed: list[Placed]
    notes: list[Finding]
    skipped: SkipLog


def read(text: str, name: Name, index: Index) -> LabelsFile | None:
    """What the labels file `name` says of the images; None where it is none, or names hardly any of them."""
    find = _Finder(index, name[:-1])
    rows = _records(text, find)
    places = {column: [find(row.get(column, "")) for row in rows] for column in (rows[0] if rows else ())}
    file = max(places, key=lambda column: sum(place is not None for place in places[column]), default=None)
    label = None if file is None else _label_column(rows, file)
    flags = _flags(rows, file) if file is not None and not (label and _is_class(label)) else []
    label = ", ".join(flags[:5]) or label
    if file is None or label is None:
        return None
    known = {place for place in places[file] if place is not None}
    if len(known) < max(2.0, _LEAST * min(len(rows), index.images)):
        return None
    split = next((c for c in rows[0] if c not in (file, label) and _says_split(rows, c)), "")
    other = next((ALIASES[word] for word in re.split(r"[\W_]+", name[-1].lower()) if word in ALIASES), None)
    said: dict[int, dict[str, None]] = {}
    own: dict[int, str | None] = {}
    for row, place in zip(rows, places[file], strict=True):
        if place is not None:
            said.setdefault(place, {})[_value(row, label, flags)] = None
            own[place] = ALIASES.get(row.get(split, "").strip().lower(), other)
    why = f"It has no label in {name[-1]}."
    placed = {place: Placed(cell, own[place], "" if cell else why) for place, cell in _cells(said).items()}
    missing = [row.get(file, "") for row, place in zip(rows, places[file], strict=True) if place is None]
    return LabelsFile("/".join(name), (file, label), placed, missing)


def together(told: Sequence[LabelsFile], names: Sequence[Name]) -> Labelled:
    """Classes and splits of all images by these files; the split of a file or a row goes before that of a folder."""
    shown = " and ".join(file.name for file in told)
    splits = splits_of(names)
    placed = [Placed(why=f"It is not listed in {shown}.")] * len(names)
    for file in reversed(told):
        for place, one in file.placed.items():
            placed[place] = replace(one, split=one.split or splits[place])
    skipped, notes = SkipLog(), []
    for file in told:
        message = f"Classes are taken from the column '{file.columns[1]}' of {file.name}."
        notes.append(note("labels_file", message, 1))
        for cell in file.missing:
            skipped.add(f"{file.name}: {cell[:120]}", "There is no image of this name, or more than one.")
    missing = [cell for file in told for cell in file.missing]
    if missing:
        message = f"{plural(len(missing), 'row names', 'rows name')} no image that is there."
        notes.append(note("missing_images", message, len(missing), missing, "warning"))
    unlisted = ["/".join(name) for name, one in zip(names, placed, strict=True) if not one.label]
    if unlisted:
        message = f"{plural(len(unlisted), 'image has', 'images have')} no label in {shown} and cannot be used."
        notes.append(note("unlisted_images", message, len(unlisted), unlisted, "warning"))
    return Labelled(placed, notes, skipped)


# Which image a cell means --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Index:
    """The place of each image by any end of its path, with or without the ending of its name; None where several images
    have the same."""

    images: int
    places: Mapping[Name, int | None]


def index(names: Sequence[Name]) -> Index:
    """Where images are found by the names that people write."""
    places: dict[Name, int | None] = {}
    for place, name in enumerate(names):
        parts = _plain("/".join(name))
        for whole in {parts, (*parts[:-1], parts[-1].rpartition(".")[0] or parts[-1])}:
            for start in range(len(whole)):
                end = whole[start:]
                places[end] = None if end in places else place
    return Index(len(names), places)


@dataclass(frozen=True)
class _Finder:
    """Finds the image that a cell of a labels file in `folder` means."""

    index: Index
    folder: Name

    def __call__(self, cell: str) -> int | None:
        """The place of the one image that is meant, or None."""
        parts = _plain(cell)
        if not parts:
            return None
        for wanted in ((*_plain("/".join(self.folder)), *parts), *(parts[start:] for start in range(len(parts)))):
            if wanted in self.index.places:
                return self.index.places[wanted]
        return None


def _plain(path: str) -> Name:
    """The parts of a path of any machine, as they are compared."""
    folded = unicodedata.normalize("NFC", path.strip().strip("\"'")).casefold().replace("\\", "/")
    return tuple(part for part in folded.split("/") if part not in ("", ".", ".."))


# Rows and columns ----------------------------------------------------------------------------------------------------


def _records(text: str, find: _Finder) -> list[Row]:
    """The rows of a labels file; none where it is no table."""
    if text.lstrip()[:1] in ("{", "["):
        return _uniform(_json(text))
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    delimiter = next((d for d in _DELIMITERS if d in lines[0]), ",")
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        table = [row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error:
        return []
    first = [cell.strip() for cell in table[0]]
    named = not any(find(cell) is not None for cell in first) and len(set(first)) == len(first)
    heads = first if named else [f"column {i + 1}" for i in range(len(first))]
    return [
        {head: cell.strip() for head, cell in zip(heads, row, strict=False)} for row in (table[1:] if named else table)
    ]


def _json(text: str) -> Iterable[Any]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return filter(None, map(_line, text.splitlines()))
    if isinstance(whole, list):
        return whole
    if not isinstance(whole, dict):
        return []
    if len(whole) > 1 and all(isinstance(value, str | int) or _names(value) for value in whole.values()):
        return [{"file": name, "label": value} for name, value in whole.items()]
    return max((value for value in whole.values() if isinstance(value, list)), key=len, default=[])


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _uniform(records: Iterable[Any]) -> list[Row]:
    """Records as rows of texts, lists of names as one; what else is nested is left out."""
    rows: list[Row] = []
    for record in records:
        if isinstance(record, dict):
            kept = {str(k): v for k, v in record.items() if isinstance(v, str | int | float) or _names(v)}
            rows.append({k: _text(v) for k, v in kept.items()})
    return rows


def _text(value: Any) -> str:
    if isinstance(value, list):
        return as_cell(value)
    return value if isinstance(value, str) else json.dumps(value)


def _names(value: Any) -> bool:
    """Whether a value is a list of names."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _label_column(rows: Sequence[Row], file: str) -> str | None:
    """The column that is called like a class, else the one with the fewest different values, if that is a class."""
    columns = [column for column in rows[0] if column != file]
    called = [column for column in columns if _is_class(column)]
    if called:
        return called[0]
    distinct = {column: len({row.get(column, "") for row in rows}) for column in columns}
    fitting = [c for c in columns if 2 <= distinct[c] <= max(2, len(rows) // 2) and not _says_split(rows, c)]
    return min(fitting, key=lambda column: distinct[column], default=None)


def _flags(rows: Sequence[Row], file: str) -> list[str]:
    """The columns of 0 and 1 that name the labels of a row together; none where there are not two of them."""
    values = {column: {row.get(column, "") for row in rows} for column in rows[0] if column != file}
    found = [column for column, said in values.items() if any(said == set(pair) for pair in INDICATORS)]
    return found if len(found) > 1 else []


def _value(row: Row, label: str, flags: Sequence[str]) -> str:
    """The class of a row, or its labels as one text."""
    if flags:
        return as_cell(flag for flag in flags if row.get(flag) in _YES)
    value = row.get(label, "")
    return value if value.startswith(MARK) else " ".join(value.split())


def _cells(said: Mapping[int, Iterable[str]]) -> dict[int, str]:
    """One cell for each image, of the different values that its rows have: a list where they are several.

    All cells are lists where that is so for more than a few images: then the file has a row for each label.
    """
    found = {place: list(values) for place, values in said.items()}
    labels = {
        place: list(dict.fromkeys(label for value in values for label in labels_in(value, "")))
        for place, values in found.items()
    }
    several = {place for place in found if len(found[place]) > 1 and len(labels[place]) > 1}
    often = len(several) > _FEW * len(found)
    cells = {}
    for place, values in found.items():
        if place in several or (often and labels[place]) or any(value.startswith(MARK) for value in values):
            cells[place] = as_cell(labels[place])
        else:
            cells[place] = max(values, key=bool)  # beside an empty one, the one that says something
    return cells


def _is_class(column: str) -> bool:
    plain = column.strip().lower()
    return plain in _CLASS_NAMES or any(plain.endswith(f"_{name}") for name in ("label", "class", "category"))


def _says_split(rows: Sequence[Row], column: str) -> bool:
    """Whether a column says train, valid or test throughout."""
    values = {row.get(column, "").strip().lower() for row in rows} - {""}
    return bool(values) and values <= set(ALIASES) and column.strip().lower() in _SPLIT_NAMES
