"""Workbooks: .xlsx, .xlsb, .xls and .ods, one sheet at a time. Formulas give the value that was saved with them.

The sheet that is read is held in memory as a whole, so a workbook that would unpack to much more is refused first.
"""

from __future__ import annotations

import datetime
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from studio.contracts import Modality
from studio.data.formats import _compound
from studio.data.formats._dialect import Row
from studio.data.formats._grid import Grid
from studio.data.formats._records import Format, Table
from studio.data.notes import note
from studio.data.reading import ReadOptions
from studio.errors import DamagedFile, EmptyFile, InvalidOption, LimitError
from studio.settings import Limits

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls, of old Word, and of protected new documents
_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_ENDINGS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
_FAR = re.compile(rb'<row [^>]*?r="(\d{1,7})"|r="([A-Z]{2,3})\d')
_CELLS = 50_000_000
_BLOCK = 1 << 20
_SHARE = 4  # of the importer's memory that an unpacked workbook may have
_REMOVE = "Open it, remove the password, save it, and import it again."


def recognise(path: Path, head: bytes) -> bool:
    """An Excel or OpenDocument workbook, by what is in it."""
    if head.startswith(_OLD):
        return True
    if not head.startswith(b"PK\x03\x04"):
        return False
    return head[30:].startswith(_ODS) or (b"[Content_Types].xml" in head and _names_a_workbook(path))


def _names_a_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name in archive.namelist() for name in ("xl/workbook.xml", "xl/workbook.bin"))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return path.suffix.lower() in _ENDINGS


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The rows of one sheet: the one that is named, else the first with a table.

    Raises EmptyFile, DataError (protected or damaged), LimitError, InvalidOption (no such sheet).
    """
    import python_calamine as calamine

    with _Damage(path.name):
        _check_size(path, limits)
        with _opened(path) as book:
            kinds = {sheet.name: sheet.typ for sheet in book.sheets_metadata}
            names = [name for name in book.sheet_names if kinds.get(name) == calamine.SheetTypeEnum.WorkSheet]
            sheet, shown = _chosen(book, names, options.sheet, path.name)
            grid = Grid(path.name, options, limits)
            if len(names) > 1:
                message = f"The workbook has {len(names)} sheets; '{shown}' was read. To read another, name it."
                grid.notes.append(note("sheets", message, len(names), names, "info" if options.sheet else "warning"))
            return replace(grid.table(_rows(sheet), lambda _: _rows(sheet)), sheets=tuple(names))


def _opened(path: Path) -> Any:
    """The workbook. By its ending first, because only then the library says that there is a password."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if path.suffix.lower() in _ENDINGS:
        try:
            return CalamineWorkbook.from_path(path)
        except PasswordError:
            raise
        except CalamineError:
            pass  # the ending may mislead
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(io.BytesIO(file.read()))


def _chosen(book: Any, names: Sequence[str], wanted: str | None, file: str) -> tuple[Any, str]:
    """The sheet that is wanted, by its name or its number; else the first with a table, else the first with a cell."""
    if wanted is not None:
        same = [name for name in names if name == wanted] or [n for n in names if n.casefold() == wanted.casefold()]
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 0
        same = same or list(names[number - 1 : number] if number else ())
        if not same:
            raise InvalidOption(f"{file} has no sheet '{wanted}'.", why=f"Its sheets: {', '.join(names[:30])}.")
        return book.get_sheet_by_name(same[0]), same[0]
    best = None
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None and sheet.end is not None:
            best = best or (sheet, name)
            if sheet.end[0] > sheet.start[0] and sheet.end[1] > sheet.start[1]:
                return sheet, name
    if best is None:
        raise EmptyFile(f"{file} is empty.", next="Add rows to it, then import it again.")
    return best


def _rows(sheet: Any) -> Iterator[Row]:
    """The rows with the number that the program shows, all as wide as the sheet."""
    for number, values in enumerate(sheet.iter_rows(), 1):
        yield Row([value if isinstance(value, str) else _shown(value) for value in values], number)


def _shown(value: Any) -> str:
    """A value as the program shows it: whole numbers without a point, TRUE and FALSE, dates as 2024-12-31."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _check_size(path: Path, limits: Limits) -> None:
    """Raise LimitError for a workbook that would take too much memory, before anything of it is unpacked."""
    if not zipfile.is_zipfile(path):
        _compound.check(path)
        return
    try:
        _check_members(path, limits)
    except (zlib.error, struct.error, RuntimeError, ValueError) as error:  # of damaged entries, and encrypted ones
        raise zipfile.BadZipFile(str(error)) from None


def _check_members(path: Path, limits: Limits) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        size, most = sum(member.file_size for member in members), limits.import_memory_bytes // _SHARE
        if len(members) > limits.archive_members or size > most:
            raise LimitError(
                f"{path.name} would unpack to {size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are read.",
                next="Save the sheet as CSV UTF-8, then import that.",
            )
        for member in members:
            if _SHEETS.fullmatch(member.filename):
                _check_reach(path.name, archive, member)


def _check_reach(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise LimitError for a sheet whose last cell lies so far out that all cells up to it would not fit."""
    rows, columns, rest = 0, 26, b""
    with archive.open(member) as file:
        while block := file.read(_BLOCK):
            for row, letters in _FAR.findall(rest + block):
                rows = max(rows, int(row or 0))
                columns = max(columns, _column_number(letters))
            rest = block[-64:]
    if rows * columns > _CELLS:
        raise LimitError(
            f"A sheet of {name} reaches to row {rows:,} and column {columns:,}: too far to be held in memory.",
            next="Delete what stands beside and below the table, or save the sheet as CSV UTF-8.",
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


class _Damage(AbstractContextManager[None]):
    """Turns what the reading library raises into our errors, also where it gives up in its own way (a panic)."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from python_calamine import CalamineError, PasswordError

        if isinstance(error, PasswordError):
            raise DamagedFile(f"{self._name} is protected by a password.", next=_REMOVE) from None
        known = isinstance(error, CalamineError | zipfile.BadZipFile | OSError | EOFError | NotImplementedError)
        if error is not None and (known or type(error).__name__ == "PanicException"):
            raise DamagedFile(
                f"{self._name} cannot be read as a workbook.",
                why="It is damaged, protected by a password, or another kind of Office document.",
                next="Save the table as .xlsx or CSV UTF-8, then import that.",
            ) from None


FORMAT = Format(
    name="spreadsheet",
    label="Excel and OpenDocument (.xlsx, .xls, .xlsb, .ods)",
    modality=Modality.TEXT,
    recognise=recognise,
    read=read,
)
