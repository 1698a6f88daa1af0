"""Writes small workbooks (.xlsx and .ods) without a library, so that odd ones can be made too."""

from __future__ import annotations

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
