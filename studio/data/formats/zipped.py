"""A zip with one table in it, as a spreadsheet program's "compress" makes it: read as what is inside."""

from __future__ import annotations

import struct
import zipfile
from functools import partial
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import packed
from studio.data.formats._records import Format, Images, Table
from studio.data.reading import ReadOptions
from studio.errors import DamagedFile
from studio.settings import Limits

_TABLES = (
    *(".csv", ".tsv", ".tab", ".psv", ".txt", ".json", ".jsonl", ".ndjson", ".conll", ".bio", ".iob", ".iob2"),
    *(".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".xlsb", ".xlsm", ".ods"),
)
_MOST = 50  # entries of an archive that is looked at: the others are for images


def recognise(path: Path, head: bytes) -> bool:
    """A zip whose only file, but for what systems add, has the name of a table."""
    return head.startswith(b"PK\x03\x04") and b"[Content_Types].xml" not in head and _table(path) is not None


def _table(path: Path) -> zipfile.ZipInfo | None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return None
    files = [member for member in members if not member.filename.endswith("/") and not _junk(member.filename)]
    if len(members) > _MOST or len(files) != 1 or Path(files[0].filename).suffix.lower() not in _TABLES:
        return None
    return files[0]


def _junk(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1].lower() in ("thumbs.db", "desktop.ini")


def read(path: Path, options: ReadOptions, limits: Limits) -> Table | Images:
    """What the file inside holds. Raises LimitError (too large when unpacked), DataError (damaged, with a password)."""
    member = _table(path)
    if member is None or member.flag_bits & 1:
        raise DamagedFile(f"{path.name} is protected by a password.", next="Make a zip without one, then import it.")
    with zipfile.ZipFile(path) as archive:
        name = Path(member.filename.replace("\\", "/")).name
        return packed.read_inside(path, name, partial(archive.open, member), (options, limits))


FORMAT = Format(name="zipped", label="a zip of one of these", modality=Modality.TEXT, recognise=recognise, read=read)
