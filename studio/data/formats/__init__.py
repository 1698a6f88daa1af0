"""What can be imported: one file per upload format. To add one, write its file and name it here, before `delimited`."""

from __future__ import annotations

from pathlib import Path

from studio.catalog import Catalog
from studio.data.formats import (
    _foreign,
    arrow,
    conll,
    delimited,
    image_folders,
    json_lines,
    packed,
    parquet,
    plain_text,
    spreadsheets,
    squad,
    zipped,
)
from studio.data.formats._records import Format
from studio.errors import EmptyFile, MissingFile, UnknownFormat

# In the order in which a file is tried; almost any text could be a table, so that comes last.
FORMATS: Catalog[Format] = Catalog(
    "upload format",
    (
        spreadsheets.FORMAT,  # these are zips too
        zipped.FORMAT,
        image_folders.FORMAT,
        packed.FORMAT,
        parquet.FORMAT,
        arrow.FORMAT,
        squad.FORMAT,
        json_lines.FORMAT,
        conll.FORMAT,
        plain_text.FORMAT,
        delimited.FORMAT,
    ),
)
_HEAD = 65_536


def recognise(path: Path) -> Format:
    """The format of a file or folder. Raises EmptyFile, MissingFile or UnknownFormat."""
    head = _head(path)
    readable = "; ".join(form.label for form in FORMATS.values())
    _foreign.refuse(path, head, readable)
    for form in FORMATS.values():
        if form.recognise(path, head):
            return form
    raise UnknownFormat(f"{path.name} is of no kind that is read.", why=f"Formats that are read: {readable}.")


def _head(path: Path) -> bytes:
    if path.is_dir():
        return b""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise MissingFile(f"{path.name} cannot be read.", why=f"{error.strerror}.") from None
    if not head:
        raise EmptyFile(f"{path.name} is empty.", next="Add rows to it, then import it again.")
    return head
