"""From Arrow batches to a table: what Parquet and Arrow files have in common.

Numbers that stand for class names, as the library `datasets` marks them in a file, become those names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa

from studio.data.formats._fields import Fields
from studio.data.formats._records import SkipLog, Table, complaint
from studio.data.reading import ReadOptions
from studio.errors import DamagedFile
from studio.settings import Limits

ROWS = 2_048  # of a batch: a row may be long
_FEATURES = b"huggingface"


def table(name: str, batches: Callable[[], Iterator[pa.RecordBatch]], options: ReadOptions, limits: Limits) -> Table:
    """The rows of all batches. Raises EmptyFile, DataError (damaged, or nothing that fits a cell), LimitError."""
    fields = Fields(name, options, limits)
    names: Mapping[str, list[str]] = {}
    number = 0
    try:
        for place, batch in enumerate(batches()):
            names = names if place else _class_names(batch.schema)
            for start in range(0, batch.num_rows, ROWS):
                part = batch.slice(start, ROWS)
                part.validate(full=True)  # what a stranger's file says of its own layout is not believed
                for record in part.to_pylist():
                    number += 1
                    fields.add(number, _named(record, names))
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise damaged(name, error) from None
    return fields.table(SkipLog(), [])


def damaged(name: str, error: Exception) -> DamagedFile:
    """The error for a file that its library cannot read."""
    advice = "Export it once more, then import it."
    return DamagedFile(f"{name} is damaged or incomplete.", why=complaint(error), next=advice)


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The class names of columns, where the file says them; damaged ones count as not there."""
    found: dict[str, list[str]] = {}
    with suppress(ValueError, AttributeError, TypeError, KeyError):
        features = json.loads((schema.metadata or {})[_FEATURES])["info"]["features"]
        for name, feature in features.items():
            inner = feature.get("feature") if isinstance(feature.get("feature"), dict) else feature
            if inner.get("_type") == "ClassLabel" and isinstance(inner.get("names"), list):
                found[name] = list(map(str, inner["names"]))
    return found


def _named(record: dict[str, Any], names: Mapping[str, list[str]]) -> dict[str, Any]:
    return record | {name: _name(record[name], names[name]) for name in names if name in record}


def _name(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_name(entry, names) for entry in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value
