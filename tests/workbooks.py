"""Writes small workbooks (.xlsx, .ods and .xls) without a library, so that odd ones can be made too."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | bool | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(path: Path, sheets: Sheets) -> Path:
    """A workbook of these sheets."""
    return xlsx_of_xml(
        path, {name: "".join(_row(number, row) for number, row in enumerate(rows, 1)) for name, rows in sheets.items()}
    )


def xlsx_of_xml(path: Path, sheets: Mapping[str, str]) -> Path:
    """A workbook whose sheets hold this XML in place of their rows."""
    numbers = range(1, len(sheets) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{parts}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
    }
    for number, xml in zip(numbers, sheets.values(), strict=True):
        sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{xml}</sheetData></worksheet>'
        members[f"xl/worksheets/sheet{number}.xml"] = sheet
    return _packed(path, {name: f'<?xml version="1.0" encoding="UTF-8"?>{xml}' for name, xml in members.items()})


def _row(number: int, cells: Sequence[Cell]) -> str:
    shown = "".join(_cell(f"{chr(65 + place)}{number}", cell) for place, cell in enumerate(cells))
    return f'<row r="{number}">{shown}</row>'


def _cell(place: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str) and cell.startswith("="):  # a formula, with the value that a program saved with it
        return f'<c r="{place}" t="str"><f>{escape(cell[1:])}</f><v>value of {escape(cell[1:])}</v></c>'
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'


def ods(path: Path, sheets: Sheets) -> Path:
    """An OpenDocument workbook of these sheets; all cells are texts."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    names = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    content = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    entries = "".join(
        f'<m:file-entry m:full-path="{place}" m:media-type="{kind}"/>'
        for place, kind in (("/", _ODS_TYPE), ("content.xml", "text/xml"))
    )
    return _packed(
        path,
        {
            "mimetype": _ODS_TYPE,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{_ODF}:manifest:1.0">{entries}</m:manifest>',
            "content.xml": f"<office:document-content {names}>{content}</office:document-content>",
        },
    )


def _ods_row(cells: Sequence[Cell]) -> str:
    shown = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
        if cell is not None
        else "<table:table-cell/>"
        for cell in cells
    )
    return f"<table:table-row>{shown}</table:table-row>"


def _packed(path: Path, members: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            target.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return path


def xls(path: Path, sheets: Sheets, protected: bool = False) -> Path:
    """A workbook of Excel 97 to 2003 (BIFF8 in a compound file) with strings, numbers and truths; `protected` says that
    there is a password, and changes nothing else."""
    bodies = [_biff_sheet(rows) for rows in sheets.values()]
    names = [name.encode("utf-16-le") for name in sheets]
    start = len(_biff_book([0] * len(names), names, protected))
    offsets = [start + sum(map(len, bodies[:place])) for place in range(len(bodies))]
    path.write_bytes(_compound(_biff_book(offsets, names, protected) + b"".join(bodies)))
    return path


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 0x0600))


def _biff_book(offsets: Sequence[int], names: Sequence[bytes], protected: bool) -> bytes:
    """What stands before the sheets, which begin at these places."""
    sheets = [
        _record(0x0085, struct.pack("<IHBB", offset, 0, len(name) // 2, 1) + name)
        for offset, name in zip(offsets, names, strict=True)
    ]
    password = _record(0x002F, struct.pack("<H", 1) + bytes(52)) if protected else b""
    page = _record(0x0042, struct.pack("<H", 1200))
    return _begin(0x0005) + password + page + b"".join(sheets) + _record(0x000A, b"")


def _biff_sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    wide = max((len(row) for row in rows), default=0)
    cells = [_biff_cell(row, column, cell) for row, line in enumerate(rows) for column, cell in enumerate(line)]
    size = _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, wide, 0))
    return _begin(0x0010) + size + b"".join(cells) + _record(0x000A, b"")


def _biff_cell(row: int, column: int, cell: Cell) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if cell is None:
        return b""
    if isinstance(cell, bool):
        return _record(0x0205, place + bytes([cell, 0]))
    if isinstance(cell, str):
        letters = cell.encode("utf-16-le")
        return _record(0x0204, place + struct.pack("<HB", len(letters) // 2, 1) + letters)
    return _record(0x0203, place + struct.pack("<d", cell))


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream, "Workbook": a table of sectors, the directory, and the stream."""
    stream = stream.ljust(4096, b"\0")  # smaller streams would lie in sectors of their own kind
    count = -(-len(stream) // 512)
    assert count + 2 <= 128, "one sector holds the table of 128"
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    table = [0xFFFFFFFD, end, *range(3, count + 2), end]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    entries = _entry("Root Entry", 5, 1, end, 0) + _entry("Workbook", 2, free, 2, len(stream))
    padded = struct.pack("<128I", *table, *[free] * (128 - len(table)))
    return header.ljust(512, b"\xff") + padded + entries.ljust(512, b"\0") + stream.ljust(count * 512, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    """An entry of a compound file's directory."""
    letters = name.encode("utf-16-le") + bytes(2)
    links = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return (
        letters.ljust(64, b"\0") + struct.pack("<H", len(letters)) + links + bytes(36) + struct.pack("<IQ", start, size)
    )
