"""Makes the odd text files of the data pack anew: the same kinds of oddity and the same numbers of rows, by code."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tests import workbooks

_GOOD, _BAD = "a warm and clever film about work", "a slow, tired and empty evening"


def _text(number: int) -> str:
    return f"{(_BAD, _GOOD)[number % 2]}, number {number}"


def _label(number: int) -> str:
    return ("negative", "positive")[number % 2]


def _csv(rows: Iterable[Sequence[str]], **options: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, **options).writerows(rows)  # type: ignore[arg-type]
    return buffer.getvalue()


def _reviews(count: int, header: Sequence[str] = ("text", "label")) -> list[Sequence[str]]:
    return [header, *((_text(i), _label(i)) for i in range(count))]


def _broken_lines() -> bytes:
    lines = [json.dumps({"text": _text(i), "label": _label(i)}) for i in range(100)]
    lines[10] = ""
    lines[41] = lines[41][:70]
    lines[77] = lines[77].replace('"label"', '"lable"')
    return "\ufeff".encode() + "\n".join(lines).encode()


def _chinese() -> bytes:
    rows = [
        ("评论内容", "情感"),
        *((f"这家酒店的房间{'很' * (i % 7 + 1)}干净，第{i}次来", "正面负面"[i % 2 * 2 :][:2]) for i in range(400)),
    ]
    return _csv(rows).encode("gb18030")


def _duplicates() -> bytes:
    rows = [(_text(i), _label(i)) for i in range(200)]
    return _csv([("text", "label"), *rows, *rows[:60], *((text, "other way") for text, _ in rows[100:120])]).encode()


def _embedded() -> bytes:
    rows = [(f' {_text(i)}\nand "so" on\r\n\nto the end', f" {_label(i)} ") for i in range(120)]
    return _csv([(" Review Text", "Sentiment "), *rows], quoting=csv.QUOTE_ALL).encode()  # type: ignore[arg-type]


def _european() -> bytes:
    rows = [(f"Why, I ask, was it, number {i}, refused?", f"class_{i % 76}") for i in range(300)]
    return "\ufeff".encode() + _csv([("Text", "Category"), *rows], delimiter=";").encode()


def _government() -> bytes:
    rows = [
        (f"{i:03}", f"Trust of place {i}", ("NHS Facilities", "Independent Hospitals")[i % 2], str(i % 9))
        for i in range(327)
    ]
    header = ("Organisation_code", "Organisation_name", "Organisation_classification", "Patients")
    return _csv([header, *rows]).encode("utf-16")


def _huge() -> bytes:
    return _csv([*_reviews(80), ("word " * 240_000, "positive")]).encode()


def _imbalanced() -> bytes:
    counts = {"other": 600, "a": 1, "b": 1, "c": 2, "d": 4}
    labels = [label for label, count in counts.items() for _ in range(count)]
    return _csv([("text", "label"), *((_text(i), label) for i, label in enumerate(labels))]).encode()


def _mixed_labels() -> bytes:
    spelled = ("1", "1.0", "pos", "TRUE", "+1", "0", "0.0", "neg", "FALSE", "-1")
    return _csv([("id", "text", "label"), *((str(i), _text(i), spelled[i % 10]) for i in range(200))]).encode()


def _conll() -> bytes:
    lines = ["-DOCSTART- -X- O", ""]
    for i in range(120):
        lines += [f"Anna{i}   NNP  I-PER", "Lee NNP I-PER", "sings  VB O", ""]
    lines[30], lines[90] = "Anna7", "alone"
    return "\r\n".join(lines[:-1]).encode()


def _parquet() -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(
        pa.table({"sentence": [_text(i) for i in range(200)], "label": [i % 2 for i in range(200)]}), sink
    )
    return bytes(sink.getvalue())


def _stray() -> bytes:
    rows = [f"{_text(i)}\t{_label(i)}" for i in range(300)]
    for place in (5, 6, 90, 150, 200, 299):
        rows[place] = '"' + rows[place]
    return ("sentence\tlabel\n" + "\n".join(rows) + "\n").encode()


def _big5() -> bytes:
    rows = [(f"v_{i}", f"這座國家風景區的山路很美，第{i}次來還是一樣驚喜", f"0{i % 3 + 1}") for i in range(382)]
    return _csv([("id", "景點描述", "分類"), *rows]).encode("big5")


def _squad() -> bytes:
    context = "Rome is old. Paris is new. Oslo is cold."
    given = [{"text": "Paris", "answer_start": 18 if i % 10 == 0 else 13} for i in range(116)]
    given[3] = {"text": "Bonn", "answer_start": 2}
    questions: list[dict[str, object]] = [
        {"id": str(i), "question": f"Which city, {i}?", "answers": [] if i == 7 else [answer]}
        for i, answer in enumerate(given)
    ]
    articles = [
        {"title": f"City {n}", "paragraphs": [{"context": f"{context} ({n})", "qas": questions[n::5]}]}
        for n in range(5)
    ]
    return json.dumps({"version": "1.1", "data": articles}).encode()


def _spellings() -> bytes:
    """One class in several spellings, and labels that are empty or say so."""
    spelled = ("card_payment", "CARD_PAYMENT", " card_payment ", "Card Payment", "top_up", "nan", "lost_card", "")
    return _csv([("text", "label"), *((_text(i), spelled[i % 8]) for i in range(400))]).encode()


def _spanish() -> bytes:
    rows = [(str(i), f"{i},932.50", f"  Comprende las acciones de la gestión número {i}, ") for i in range(115)]
    return _csv([("GF_ID", "Gasto total 2011", "Descripción"), *rows]).encode("latin-1")


def _sheet(path: Path, sheets: workbooks.Sheets) -> bytes:
    return workbooks.xlsx(path, sheets).read_bytes()


_PAPERS: list[list[workbooks.Cell]] = [[f"paper {i}", f"=DATE({i})", i] for i in range(5)]
_TABLE: list[list[workbooks.Cell]] = [["text", "date", "n"], *_PAPERS]
MADE: Mapping[str, Callable[[Path], bytes]] = {
    "broken_lines_bom.jsonl": lambda _: _broken_lines(),
    "chinese_excel_gb18030.csv": lambda _: _chinese(),
    "control_chars_in_header.csv": lambda _: b'"start\t\x0b\x0c\n end",b,c\nd,e,f\n',
    "decimal_commas.csv": lambda _: _csv(
        [
            ("satz1", "satz2", "score"),
            *((_text(i), "für " + _text(i + 1), f"{i % 50 / 10:.2f}".replace(".", ",")) for i in range(200)),
        ],
        delimiter=";",
    ).encode("cp1252"),
    "duplicates_and_conflicts.csv": lambda _: _duplicates(),
    "embedded_newlines_quotes.csv": lambda _: _embedded(),
    "encrypted.xls": lambda path: workbooks.xls(path, {"S": _TABLE}, protected=True).read_bytes(),
    "european_excel_semicolon_bom.csv": lambda _: _european(),
    "excel_blank_top_rows.xlsx": lambda path: _sheet(path, {"S": [[], [], [], *_TABLE]}),
    "excel_pasting_title_rows.csv": lambda _: (
        "Emissions by sector,,,\r\nthousand tonnes,,,\r\nYear,2000,2001,\r\n"
        + "".join(f'Sector {i},"{i},0{i % 10}1",{i},\r\n' for i in range(1, 17))
    ).encode(),
    "gov_utf16le_bom.csv": lambda _: _government(),
    "header_only.csv": lambda _: b"text,label\n",
    "huge_field.csv": lambda _: _huge(),
    "imbalanced_singletons.csv": lambda _: _imbalanced(),
    "json_in_cell.csv": lambda _: b'key,val\n1,"{""type"": ""Point"", ""coordinates"": [102.0, 0.5]}"\n',
    "mac_cr_newlines.csv": lambda _: b'a,b,c\r1,"2\rlines",3\r4,5,6\r',
    "label_variants_and_blanks.csv": lambda _: _spellings(),
    "many_sheets.xlsx": lambda path: _sheet(path, {"not this one": [], "data": _TABLE, "ʤ": [["a", "b"], [1, 2]]}),
    "mixed_label_types.csv": lambda _: _mixed_labels(),
    "na_tokens.csv": lambda _: b"a,b,c,d,e,f\n,NA,N/A,NONE,NULL,.\n",
    "ner_iob1_missing_tags.conll": lambda _: _conll(),
    "no_header.tsv": lambda _: "".join(f"{i % 2}\t{_text(i)}\n" for i in range(500)).encode(),
    "no_header_numeric.csv": lambda _: b"1,2,3\n4,5,6\n",
    "null_byte.csv": lambda _: b"a,b,c\n\0,2,3\n",
    "one_byte.csv": lambda _: b"a",
    "pipes_mixed_newlines.psv": lambda _: (
        b"Year|New|Old\r\n" + b"".join(f"{1986 + i}|{i}000|{i}00".encode() + (b"\n", b"\r\n")[i % 2] for i in range(28))
    ),
    "quotes_and_newlines.csv": lambda _: b'a,b\n1,"ha \n""ha"" \nha"\n3,4\n',
    "ragged_rows.csv": lambda _: (
        b"column_a,column_b,column_c\n1,27,,I'm too long!\n,I'm too short!\n0,mixed types,17\n"
    ),
    "records_nested.json": lambda _: json.dumps(
        [{"text": f"t{i}", "nested": {"time": "04:14", "nested": {"date": "1971-01-01"}}} for i in range(2)]
    ).encode(),
    "records_under_data_key.json": lambda _: json.dumps(
        {"version": 1, "data": [{"input": _text(i), "output": _label(i)} for i in range(150)]}
    ).encode(),
    "spaces_after_comma.csv": lambda _: b'field1, field2\n"hello", "goodbye"\nhi, bye\n',
    "spanish_latin1.csv": lambda _: _spanish(),
    "squad_bad_offsets.json": lambda _: _squad(),
    "sst2.parquet": lambda _: _parquet(),
    "table.csv.gz": lambda _: gzip.compress(b"a,b,c\n1,2,3\n"),
    "tabs_named_csv_stray_quotes.csv": lambda _: _stray(),
    "traditional_chinese_big5.csv": lambda _: _big5(),
}
