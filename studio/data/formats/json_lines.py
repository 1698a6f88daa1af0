"""JSON: one record per line, an array of records, or records under one key; also rows of words and tags."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from studio.contracts import Modality
from studio.data.formats import _text
from studio.data.formats._records import Cell, Format, ReadOptions, SkipLog, Table, note
from studio.data.splits import ALIASES
from studio.data.store import Finding
from studio.errors import DataError, EmptyFile, LimitError
from studio.settings import Limits

_DEPTH = 4  # objects inside objects whose fields become columns
_COLUMNS = 500
_START = re.compile(r'\s*(\{\s*["}]|\[\s*(\{|\]))')
_RECORD_KEYS = ("data", "records", "rows", "items", "examples", "train")


def recognise(path: Path, head: bytes) -> bool:
    """Text that begins with an object or an array of objects; or the name says JSON."""
    return bool(_START.match(_text.head_text(head))) or path.suffix.lower() in (".json", ".jsonl", ".ndjson")


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The records as a table, nested objects as columns "outer.inner". Broken lines are listed and left out.

    Raises EmptyFile, DataError (no records in it), LimitError.
    """
    decoded = _text.read(path, options.encoding)
    skipped = SkipLog()
    notes = decoded.notes()
    records = _records(decoded.text, path.name, skipped, notes)
    if len(records) > limits.rows:
        raise LimitError(f"{path.name} has more than {limits.rows:,} rows.", next="Import a part of it.")
    if not records:
        raise EmptyFile(
            f"{path.name} holds no records.", next='One line per row, such as {"text": "...", "label": "..."}.'
        )
    columns, dropped = _columns([record for _, record in records])
    if not columns:
        raise DataError(
            f"The records of {path.name} hold nothing but lists of objects: {', '.join(sorted(dropped)[:5])}.",
            next='Bring one record per row, such as {"text": "...", "label": "..."}.',
        )
    if dropped:
        message = f"Fields that hold lists of objects were left out: {', '.join(sorted(dropped)[:5])}."
        notes.append(note("nested_fields", message, len(dropped), sorted(dropped)))
    return Table(columns, [line for line, _ in records], skipped, tuple(notes))


def _records(text: str, name: str, skipped: SkipLog, notes: list[Finding]) -> list[tuple[int, dict[str, Any]]]:
    """Records with their line (or their place in the array)."""
    first, _, rest = text.strip().partition("\n")
    if not rest or not isinstance(_parse(first), dict):
        whole = _parse(text)
        if not isinstance(whole, str):
            return _listed(whole, name, skipped, notes)
        if not rest or first.startswith("["):
            raise DataError(f"{name} is not valid JSON.", why=whole, next="Correct the file, then import it again.")
    return _by_line(text, skipped)


def _by_line(text: str, skipped: SkipLog) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record = _parse(line)
        if isinstance(record, dict):
            found.append((number, record))
        else:
            skipped.add(str(number), record if isinstance(record, str) else "The line is not a JSON object.")
    return found


def _parse(text: str) -> Any:
    """The value, or a sentence on why there is none (a JSON string is no record either, so it gets one too)."""
    try:
        value = json.loads(text)
    except RecursionError:
        return "The JSON is nested too deeply."
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        return f"The JSON is broken at {place} ({error.msg.lower()})."
    except ValueError:
        return "The JSON holds a number that is too long."
    return "The line is not a JSON object." if isinstance(value, str) else value


def _listed(value: Any, name: str, skipped: SkipLog, notes: list[Finding]) -> list[tuple[int, dict[str, Any]]]:
    """The records of an array, of the object's key that holds an array, or of an object of equally long columns."""
    if isinstance(value, dict):
        value = _record_list(value, notes)
    if not isinstance(value, list):
        raise DataError(
            f"{name} is JSON without a list of records.", next='Expected: [{"text": "...", "label": "..."}, ...].'
        )
    found = []
    for number, record in enumerate(value, start=1):
        if isinstance(record, dict):
            found.append((number, record))
        else:
            skipped.add(str(number), "The entry is not a JSON object.")
    return found


def _record_list(value: dict[str, Any], notes: list[Finding]) -> Any:
    """The lists named after splits as one, with the column `split`; else the first list; other lists are noted."""
    lists = {
        key: entry
        for key, entry in value.items()
        if isinstance(entry, list) and any(isinstance(e, dict) for e in entry)
    }
    splits = {key: ALIASES[key.strip().lower()] for key in lists if key.strip().lower() in ALIASES}
    if len(splits) > 1:
        notes += _left_out(lists, splits)
        return [_marked(entry, split) for key, split in splits.items() for entry in lists[key]]
    for key in (*_RECORD_KEYS, *lists):
        if key in lists:
            notes += _left_out(lists, {key})
            return lists[key]
    columns = {key: entry for key, entry in value.items() if isinstance(entry, list)}
    if len(columns) > 1 and len({len(entry) for entry in columns.values()}) == 1:
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [value] if not lists and not columns else None


def _marked(entry: Any, split: str) -> Any:
    return {**entry, "split": split} if isinstance(entry, dict) else entry


def _left_out(lists: dict[str, Any], used: Collection[str]) -> list[Finding]:
    names = [_text.whole(key) for key in lists if key not in used]
    message = f"Only {', '.join(map(_text.whole, used))} was read; these lists were left out: {', '.join(names[:5])}."
    return [note("lists_left_out", message, len(names), names, "warning")] if names else []


def _columns(records: Sequence[dict[str, Any]]) -> tuple[dict[str, list[Cell]], set[str]]:
    """Cells by column, "" where a record lacks the field; and the names of fields that no cell can hold."""
    columns: dict[str, list[Cell]] = {}
    dropped: set[str] = set()
    for row, record in enumerate(records):
        for key, value in _flat(record, "", 0):
            cell = _cell(value)
            if cell is None:
                dropped.add(key)
                continue
            if key not in columns:
                if len(columns) == _COLUMNS:
                    raise DataError(f"The records have more than {_COLUMNS} different fields.")
                columns[key] = []
            cells = columns[key]
            cells.extend([""] * (row - len(cells)))
            cells[row:] = [cell]
    for cells in columns.values():
        cells.extend([""] * (len(records) - len(cells)))
    return columns, dropped


def _flat(record: dict[str, Any], prefix: str, depth: int) -> Iterable[tuple[str, Any]]:
    for key, value in record.items():
        name = _text.whole(prefix + key.strip())
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _flat(value, name + ".", depth + 1)
        else:
            yield name, value


def _cell(value: Any) -> Cell | None:
    if isinstance(value, str):
        return _text.whole(value.strip())
    if isinstance(value, list):
        return None if any(isinstance(e, dict | list) for e in value) else [_scalar(e) for e in value]
    return None if isinstance(value, dict) else _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else _text.whole(str(value))


FORMAT = Format(name="json_lines", label="JSON and JSON lines", modality=Modality.TEXT, recognise=recognise, read=read)
