"""From what the formats read to canonical rows: labels and tags cleaned, rows without one left out, classes numbered.

Splits are not made here; rows only carry the split that their file or a column names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from studio.contracts import ColumnKind, Task
from studio.data import tags as schemes
from studio.data.columns import Roles
from studio.data.formats._records import Cell, SkipLog, Table, note, plural, replaced_note
from studio.data.rows import Rows, sort_labels, strings, text_keys, token_keys
from studio.data.splits import ALIASES, code
from studio.data.store import Finding
from studio.errors import DataError, LimitError, MissingColumn
from studio.settings import Limits

# What spreadsheets and programs write into an empty cell. "none" and "NA" are left alone: they are also answers.
_BLANKS = {"", "nan", "null", "n/a", "#n/a", "<na>", "nat"}
_WHOLE_NUMBER = re.compile(r"^([+-]?\d+)\.0+$")


@dataclass(frozen=True)
class Source:
    """One file as a table, and the split it was given for (or None)."""

    name: str
    table: Table
    split: str | None


@dataclass
class _Gathered:
    """Rows of all sources, one after the other, before classes are numbered."""

    inputs: list[Cell]
    targets: list[Cell]
    lines: list[str]
    splits: list[int]
    notes: list[Finding]


def assemble(
    sources: Sequence[Source], roles: Roles, limits: Limits, skipped: SkipLog
) -> tuple[Rows, bool, list[Finding]]:
    """Canonical rows, whether they carry splits of their own, and notes. Raises MissingColumn or LimitError."""
    gathered = _Gathered([], [], [], [], [])
    given = {source.split for source in sources} - {"train", None}
    for source in sources:
        _gather(source, roles, gathered, skipped, {code(split) for split in given if split})
    if len(gathered.lines) > limits.rows:
        raise LimitError(f"There are more than {limits.rows:,} rows.", next="Import a part of them.")
    own = any(source.split for source in sources) or roles.split is not None
    tagged = roles.task.target.kind is ColumnKind.TAGS
    rows, notes = (
        _tagged_rows(roles.task, gathered, skipped) if tagged else _labelled_rows(roles, gathered, limits, skipped)
    )
    return rows, own, [*gathered.notes, *notes]


def _gather(source: Source, roles: Roles, gathered: _Gathered, skipped: SkipLog, given: set[int]) -> None:
    """Add the rows of a source. Rows of the main file whose split is `given` as a file of its own are left out."""
    for item in source.table.skipped.items:
        skipped.add(f"{source.name}:{item.where}", item.why)
    skipped.count += source.table.skipped.count - len(source.table.skipped.items)
    columns = source.table.columns
    for name in roles.columns.values():
        if name not in columns:
            raise MissingColumn(
                f"{source.name} has no column '{name}'.",
                why=f"Its columns: {', '.join(list(columns)[:30])}.",
                next="All files of one dataset need the same columns.",
            )
    lines = [f"{source.name}:{line}" for line in source.table.lines]
    splits, known = _splits(source, roles, columns, lines, skipped)
    if source.split == "train":
        replaced = [ok and split in given for split, ok in zip(splits, known, strict=True)]
        known = [ok and not gone for ok, gone in zip(known, replaced, strict=True)]
        gathered.notes += replaced_note(list(compress(lines, replaced)), source.name)
    gathered.inputs += compress(columns[roles.columns[roles.task.inputs[0].name]], known)
    gathered.targets += compress(columns[roles.columns[roles.task.target.name]], known)
    gathered.lines += compress(lines, known)
    gathered.splits += compress(splits, known)


def _splits(
    source: Source, roles: Roles, columns: Mapping[str, Sequence[Cell]], lines: Sequence[str], skipped: SkipLog
) -> tuple[list[int], list[bool]]:
    """The split of each row, and whether it is known. A main file's own splits hold beside files for one split."""
    if source.split not in (None, "train") or roles.split is None or roles.split not in columns:
        return [code(source.split or "train")] * len(lines), [True] * len(lines)
    names = [ALIASES.get(cell.strip().lower()) if isinstance(cell, str) else None for cell in columns[roles.split]]
    for line, name in zip(lines, names, strict=True):
        if name is None:
            skipped.add(line, f"The column '{roles.split}' says neither train nor valid nor test.")
    return [code(name or "train") for name in names], [name is not None for name in names]


def _labelled_rows(roles: Roles, gathered: _Gathered, limits: Limits, skipped: SkipLog) -> tuple[Rows, list[Finding]]:
    """One class per text."""
    texts = [cell if isinstance(cell, str) else " ".join(cell) for cell in gathered.inputs]
    raw = [cell if isinstance(cell, str) else " ".join(cell) for cell in gathered.targets]
    cleaned = {value: clean_label(value) for value in set(raw)}
    named = [cleaned[value] for value in raw]
    keep = [bool(label) and bool(text) and not text.isspace() for text, label in zip(texts, named, strict=True)]
    notes = []
    if not all(keep):
        notes = _note_empty(texts, raw, keep, gathered.lines, skipped)
    texts, named = list(compress(texts, keep)), list(compress(named, keep))
    labels = sort_labels(list(set(named)))
    if len(labels) > limits.classes:
        raise LimitError(
            f"The column '{roles.columns[roles.task.target.name]}' holds {len(labels):,} different values; "
            f"at most {limits.classes:,} classes are possible.",
            next=f"If another column holds the classes, name it with --option {roles.task.target.name}=COLUMN.",
        )
    ids = {label: i for i, label in enumerate(labels)}
    target = pa.array(np.fromiter(map(ids.__getitem__, named), dtype=np.int64, count=len(named)))
    lines = strings(list(compress(gathered.lines, keep)))
    table = pa.table({roles.task.inputs[0].name: strings(texts), roles.task.target.name: target, "line": lines})
    splits = np.array(gathered.splits, dtype=np.int8)[np.array(keep, dtype=bool)]
    return Rows(roles.task, table, labels, splits, text_keys(texts)), notes


def clean_label(value: str) -> str:
    """The class name: trimmed, 1.0 as 1, and "" for what stands for an empty cell."""
    label = " ".join(value.split())
    if label.lower() in _BLANKS:
        return ""
    whole = _WHOLE_NUMBER.match(label)
    return whole.group(1) if whole else label


def _note_empty(
    texts: Sequence[str], raw: Sequence[str], keep: Sequence[bool], lines: Sequence[str], skipped: SkipLog
) -> list[Finding]:
    """List the rows without text or without label, and count both."""
    no_text, no_label = [], []
    for text, label, kept, line in zip(texts, raw, keep, lines, strict=True):
        if kept:
            continue
        if not text or text.isspace():
            no_text.append(line)
            skipped.add(line, "The text is empty.")
        else:
            no_label.append(line)
            shown = (
                f"The label is '{label}', which stands for an empty cell." if label.strip() else "The label is empty."
            )
            skipped.add(line, shown)
    notes = []
    for finding, places, what in (("empty_texts", no_text, "text"), ("empty_labels", no_label, "label")):
        if places:
            message = f"{plural(len(places), 'row has', 'rows have')} no {what} and cannot be used."
            notes.append(note(finding, message, len(places), places, "warning"))
    return notes


def _tagged_rows(task: Task, gathered: _Gathered, skipped: SkipLog) -> tuple[Rows, list[Finding]]:
    """One class per word."""
    given_tags = {tag.strip() for tags in gathered.targets if isinstance(tags, list) for tag in tags}
    if schemes.numbered(given_tags - {""}):
        raise DataError(
            "The tags are numbers, and the file does not say what they mean.",
            where=f"Tags: {', '.join(sorted(given_tags - {''}, key=int)[:10])}.",
            next='Write the names of the tags in place of their numbers, such as "B-PER", "I-PER" and "O".',
        )
    bare = schemes.typed(given_tags)
    words, tags, keep, changed = [], [], [], []
    for row, given, line in zip(gathered.inputs, gathered.targets, gathered.lines, strict=True):
        why = _tag_fault(row, given)
        keep.append(not why)
        if why:
            skipped.add(line, why)
            continue
        pairs = [(word.strip(), tag.strip()) for word, tag in zip(row, given, strict=True) if word.strip()]
        bio = schemes.to_bio([tag for _, tag in pairs], bare)
        words.append([word for word, _ in pairs])
        tags.append(bio)
        if bio != [tag for _, tag in pairs]:
            changed.append(line)
    labels = sort_labels(list({tag for row in tags for tag in row}))
    ids = {label: i for i, label in enumerate(labels)}
    table = pa.table(
        {
            task.inputs[0].name: pa.array(words, type=pa.list_(pa.string())),
            task.target.name: pa.array([[ids[tag] for tag in row] for row in tags], type=pa.list_(pa.int64())),
            "line": strings(list(compress(gathered.lines, keep))),
        }
    )
    splits: NDArray[np.int8] = np.array(gathered.splits, dtype=np.int8)[np.array(keep, dtype=bool)]
    message = f"The tags of {plural(len(changed), 'row')} were rewritten so that every entity begins with B-."
    notes = [note("tags_rewritten", message, len(changed), changed)] if changed else []
    return Rows(task, table, labels, splits, token_keys(words)), notes


def _tag_fault(words: Cell, tags: Cell) -> str:
    """Why a row of words and tags cannot be used, or nothing."""
    if not isinstance(words, list) or not isinstance(tags, list) or not any(word.strip() for word in words):
        return "The row has no words or no tags."
    if len(words) != len(tags):
        return f"The row has {plural(len(words), 'word')} and {plural(len(tags), 'tag')}."
    return "" if all(tag.strip() for tag in tags) else "A word of the row has no tag."
