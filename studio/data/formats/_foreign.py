"""Files that people bring and that are not read: what they are, and what to do instead."""

from __future__ import annotations

from pathlib import Path

from studio.data.formats import spreadsheets
from studio.errors import UnknownFormat

# First bytes, what the file is, what to do.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"FEA1", "a Feather file of the first version", "Export it as Parquet or CSV, then import that."),
    (b"\x04\x22\x4d\x18", "an LZ4 archive", "Unpack it, then import the file inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and make a zip, then import that."),
    (b"Rar!", "a RAR archive", "Unpack it and make a zip, then import that."),
    (b"%PDF", "a PDF document", "Copy the table into a CSV file, then import that."),
    (b"SQLite format 3", "a database", "Export the table as CSV, then import that."),
    (b"\x93NUMPY", "a NumPy array", "Export it as CSV, then import that."),
    (b"\x89HDF", "an HDF5 file", "Export it as CSV, then import that."),
    (b"\x89PNG", "a single image", "Zip folders of images, one folder per class."),
    (b"\xff\xd8\xff", "a single image", "Zip folders of images, one folder per class."),
    (b"GIF8", "a single image", "Zip folders of images, one folder per class."),
    (b"\x80\x02", "a Python pickle, which could run code", "Export the data as CSV, then import that."),
    (b"\x80\x04", "a Python pickle, which could run code", "Export the data as CSV, then import that."),
    (b"\x80\x05", "a Python pickle, which could run code", "Export the data as CSV, then import that."),
    (b"<!DOCTYPE html", "a web page", "Save the data itself, not the page that shows it."),
    (b"<html", "a web page", "Save the data itself, not the page that shows it."),
)


def refuse(path: Path, head: bytes, read: str) -> None:
    """Raise UnknownFormat if the content is one of these. `read` names the formats that are read."""
    if head.startswith(b"PK") and b"[Content_Types].xml" in head and not spreadsheets.recognise(path, head):
        raise _error(
            path, "an Office document without sheets", "Copy the table into a CSV file, then import that.", read
        )
    for signature, kind, advice in _SIGNATURES:
        if head[: len(signature)].lower() == signature.lower():
            raise _error(path, kind, advice, read)


def _error(path: Path, kind: str, advice: str, read: str) -> UnknownFormat:
    return UnknownFormat(
        f"{path.name} is {kind}, which is not read.", why=f"Formats that are read: {read}.", next=advice
    )
