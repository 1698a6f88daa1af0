"""Rows of plain data as a CSV file that a spreadsheet can open without running anything that stands in a cell."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A table in UTF-8 with one column per field; nested fields as JSON, and nothing that a spreadsheet would run."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow([_cell(name) for name in names])
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return page.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
        return "'" + value
    return value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
