"""JSON: one record per line, an array of records, records under a key or by id, or one list per column.

Lines and arrays are read piece by piece; the other shapes have to be held in memory as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from studio.contracts import Modality
from studio.data.formats import _text
from studio.data.formats._fields import EXAMPLE, Fields
from studio.data.formats._records import Format, SkipLog, Table
from studio.data.formats._text import Text
from studio.data.notes import note
from studio.data.reading import ReadOptions
from studio.data.splits import ALIASES
from studio.data.store import Finding
from studio.errors import DataError
from studio.settings import Limits

_START = re.compile(r'\s*(\{\s*["}]|\[\s*(\{|\]))')
_RECORD_KEYS = ("data", "records", "rows", "items", "examples", "train")
_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST_RECORD = 64_000_000  # characters of one entry of an array

Records = Iterator[tuple[int, Any]]


class _Broken(ValueError):
    """A text that is no JSON, with the reason as a sentence."""


def recognise(path: Path, head: bytes) -> bool:
    """Text that begins with an object or an array of objects; or the name says JSON."""
    return bool(_START.match(_text.head_text(head))) or path.suffix.lower() in (".json", ".jsonl", ".ndjson")


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The records as a table, nested objects as columns "outer.inner". Broken lines are listed and left out.

    Raises EmptyFile, DataError (no records in it), LimitError.
    """
    text = _text.read(path, options.encoding)
    skipped, notes = SkipLog(), text.notes()
    fields = Fields(path.name, options, limits)
    try:
        for number, record in _records(text, path.name, skipped, notes):
            if isinstance(record, dict):
                fields.add(number, record)
            else:
                skipped.add(str(number), "The entry is not a JSON object.")
    except _Broken as error:
        raise DataError(
            f"{path.name} is not valid JSON.", why=str(error), next="Correct the file, then import it again."
        ) from None
    return fields.table(skipped, notes)


def parse(text: str) -> Any:
    """The value. Raises ValueError with a sentence that says why there is none."""
    try:
        return json.loads(text, parse_float=str)
    except RecursionError:
        raise _Broken("The JSON is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise _Broken(_place(error.lineno, error.colno, error.msg)) from None
    except ValueError:
        raise _Broken("The JSON holds a number that is too long.") from None


def _place(line: int, column: int, what: str) -> str:
    place = f"line {line}, column {column}" if line > 1 else f"column {column}"
    return f"The JSON is broken at {place} ({what.lower()})."


def _records(text: Text, name: str, skipped: SkipLog, notes: list[Finding]) -> Records:
    """Records with their line, or with their place in the array."""
    first = next((line for line in text.lines() if line.strip()), "").strip()
    if first.startswith("["):
        yield from _elements(text)
        return
    if _is_record(first) and _has_more(text):
        yield from _by_line(text, skipped)
        return
    try:
        value = parse(text.text)
    except _Broken:
        records = _by_line(text, skipped)
        first_record = next(records, None)
        if first_record is None:
            raise
        yield from chain([first_record], records)
        return
    yield from enumerate(_listed(value, name, notes), 1)


def _is_record(line: str) -> bool:
    try:
        return isinstance(parse(line), dict)
    except _Broken:
        return False


def _has_more(text: Text) -> bool:
    filled = (line for line in text.lines() if line.strip())
    return sum(1 for _ in zip(filled, range(2), strict=False)) == 2


def _by_line(text: Text, skipped: SkipLog) -> Records:
    for number, line in enumerate(text.lines(), start=1):
        if not line.strip():
            continue
        try:
            record = parse(line.rstrip("\r\n"))
        except _Broken as error:
            skipped.add(str(number), str(error))
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            skipped.add(str(number), "The line is not a JSON object.")


def _elements(text: Text) -> Records:
    """The entries of an array, one after the other. Raises _Broken where it does not go on as JSON does."""
    reader = _Reader(text.pieces())
    reader.take("[", "expecting an array")
    number = 0
    while not (number == 0 and reader.next() == "]"):
        number += 1
        yield number, reader.value()
        if reader.next() != ",":
            break
        reader.take(",", "")
    reader.take("]", "expecting ',' delimiter")
    if reader.next():
        raise reader.broken("extra data")


class _Reader:
    """Reads JSON values from a text that comes in pieces; holds one value and one piece at a time."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._buffer, self._place = "", 0
        self._line, self._column = 1, 1  # of the beginning of the buffer
        self._decoder = json.JSONDecoder(parse_float=str)

    def next(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._place)
            self._place = match.end() if match else self._place
            if self._place < len(self._buffer):
                return self._buffer[self._place]
            if not self._fill():
                return ""

    def take(self, character: str, otherwise: str) -> None:
        """Go on behind this character. Raises _Broken where it is another."""
        if self.next() != character:
            raise self.broken(otherwise)
        self._place += 1

    def value(self) -> Any:
        """The next value, as soon as enough of the text is there."""
        self.next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._place)
            except RecursionError:
                raise _Broken("The JSON is nested too deeply.") from None
            except json.JSONDecodeError as error:
                offset = error.pos - self._place
                if len(self._buffer) - self._place > _LONGEST_RECORD or not self._grow():
                    raise self.broken(error.msg, self._place + offset) from None
                continue
            except ValueError:
                raise _Broken("The JSON holds a number that is too long.") from None
            if end < len(self._buffer) or isinstance(value, dict | list | str) or not self._grow():
                self._place = end
                return value

    def broken(self, what: str, place: int | None = None) -> _Broken:
        """The error that says where it is."""
        before = self._buffer[: self._place if place is None else place]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else self._column + len(before)
        return _Broken(_place(self._line + lines, column, what))

    def _grow(self) -> bool:
        """Twice as much text from the next value on, or what there is of it; False at the end."""
        wanted = 2 * (len(self._buffer) - self._place)
        grown = self._fill()
        while grown and len(self._buffer) - self._place < wanted and self._fill():
            pass
        return grown

    def _fill(self) -> bool:
        piece = next(self._pieces, "")
        done = self._buffer[: self._place]
        lines = done.count("\n")
        self._column = len(done) - done.rfind("\n") if lines else self._column + len(done)
        self._line += lines
        self._buffer, self._place = self._buffer[self._place :] + piece, 0
        return bool(piece)


def _listed(value: Any, name: str, notes: list[Finding]) -> list[Any]:
    """The records of an object: of the key that holds an array, of equally long columns, or by their ids."""
    found = _record_list(value, notes) if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise DataError(f"{name} is JSON without a list of records.", next=f"Expected: [{EXAMPLE}, ...].")
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
    return _by_column(value) or ([value] if not any(isinstance(entry, list) for entry in value.values()) else None)


def _by_column(value: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Records of an object that holds one list per column, columns and rows apart, or objects by row or by column."""
    names, rows = value.get("columns"), value.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows]
    columns = {key: entry for key, entry in value.items() if isinstance(entry, list)}
    if len(columns) > 1 and len({len(entry) for entry in columns.values()}) == 1:
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    objects = [entry for entry in value.values() if isinstance(entry, dict)]
    if len(objects) < 2 or len(objects) < len(value) or not objects[0]:
        return None
    if all(key.isdecimal() for key in objects[0]) and all(entry.keys() == objects[0].keys() for entry in objects):
        return [{name: entry[row] for name, entry in value.items()} for row in objects[0]]
    return objects if all(any(isinstance(v, str) for v in entry.values()) for entry in objects) else None


def _marked(entry: Any, split: str) -> Any:
    return {**entry, "split": split} if isinstance(entry, dict) else entry


def _left_out(lists: dict[str, Any], used: Collection[str]) -> list[Finding]:
    names = [_text.whole(key) for key in lists if key not in used]
    message = f"Only {', '.join(map(_text.whole, used))} was read; these lists were left out: {', '.join(names[:5])}."
    return [note("lists_left_out", message, len(names), names, "warning")] if names else []


FORMAT = Format(name="json_lines", label="JSON and JSON lines", modality=Modality.TEXT, recognise=recognise, read=read)
