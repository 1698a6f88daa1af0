"""Every odd text meets its line of the data pack's MANIFEST: the real one, and one made here with the same oddity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.data import columns, suited
from studio.data.formats import recognise
from studio.errors import DataError, EmptyFile, MissingColumn, StudioError
from tests import messy_texts
from tests.data_helpers import build, table


@dataclass(frozen=True)
class _Wanted:
    """What a file is read as: its first columns, its rows, what is said of it, and the lines left out."""

    columns: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    format: str = "delimited"


_READ = {
    "broken_lines_bom.jsonl": _Wanted(("text", "label", "lable"), 98, (), ("42",), "json_lines"),
    "chinese_excel_gb18030.csv": _Wanted(("评论内容", "情感"), 400, ("encoding",)),
    "control_chars_in_header.csv": _Wanted(("start end", "b", "c"), 1),
    "decimal_commas.csv": _Wanted(("satz1", "satz2", "score"), 200, ("encoding",)),
    "duplicates_and_conflicts.csv": _Wanted(("text", "label"), 280),
    "embedded_newlines_quotes.csv": _Wanted(("Review Text", "Sentiment"), 120),
    "european_excel_semicolon_bom.csv": _Wanted(("Text", "Category"), 300),
    "excel_blank_top_rows.xlsx": _Wanted(("text", "date"), 5, format="spreadsheet"),
    "excel_pasting_title_rows.csv": _Wanted(("column 1", "column 2"), 17, ("title_rows", "no_header")),
    "gov_utf16le_bom.csv": _Wanted(("Organisation_code", "Organisation_name"), 327, ("encoding",)),
    "huge_field.csv": _Wanted(("text", "label"), 81),
    "imbalanced_singletons.csv": _Wanted(("text", "label"), 608),
    "json_in_cell.csv": _Wanted(("key", "val"), 1),
    "mac_cr_newlines.csv": _Wanted(("a", "b", "c"), 2),
    "many_sheets.xlsx": _Wanted(("text", "date"), 5, ("sheets",), format="spreadsheet"),
    "mixed_label_types.csv": _Wanted(("id", "text", "label"), 200),
    "na_tokens.csv": _Wanted(("a", "b", "c", "d", "e", "f"), 1),
    "ner_iob1_missing_tags.conll": _Wanted(("tokens", "tags"), 118, format="conll"),
    "no_header.tsv": _Wanted(("column 1", "column 2"), 500, ("no_header",)),
    "no_header_numeric.csv": _Wanted(("column 1", "column 2", "column 3"), 2, ("no_header",)),
    "null_byte.csv": _Wanted(("a", "b", "c"), 1, ("nul_bytes",)),
    "pipes_mixed_newlines.psv": _Wanted(("Year",), 28),
    "quotes_and_newlines.csv": _Wanted(("a", "b"), 2),
    "ragged_rows.csv": _Wanted(("column_a", "column_b", "column_c"), 1, (), ("2", "3")),
    "records_nested.json": _Wanted(("text",), 2, format="json_lines"),
    "records_under_data_key.json": _Wanted(("input", "output"), 150, format="json_lines"),
    "spaces_after_comma.csv": _Wanted(("field1", "field2"), 2),
    "spanish_latin1.csv": _Wanted(("GF_ID",), 115, ("encoding",)),
    "squad_bad_offsets.json": _Wanted(
        ("id", "title"), 116, ("answers_moved", "answers_lost", "no_answer"), (), "squad"
    ),
    "sst2.parquet": _Wanted(("sentence", "label"), 200, format="parquet"),
    "table.csv.gz": _Wanted(("a", "b", "c"), 1, format="packed"),
    "tabs_named_csv_stray_quotes.csv": _Wanted(("sentence", "label"), 300, ("stray_quotes",)),
    "traditional_chinese_big5.csv": _Wanted(("id",), 382, ("encoding",)),
    "label_variants_and_blanks.csv": _Wanted(("text", "label"), 400),
}
_REFUSED: dict[str, tuple[type[StudioError], str]] = {
    "encrypted.xls": (DataError, "is protected by a password. Open it, remove the password"),
    "header_only.csv": (EmptyFile, "has a header but no rows"),
    "one_byte.csv": (EmptyFile, "has a header but no rows"),
}
Find = Callable[[str], Path]


@pytest.fixture(params=["pack", "made"])
def odd_text(request: pytest.FixtureRequest, tmp_path: Path) -> Find:
    """Finds an odd file by its name: that of the pack, or one with the same oddity."""

    def made(name: str) -> Path:
        path = tmp_path / name
        content = messy_texts.MADE[name](path)
        path.write_bytes(content)
        return path

    if request.param == "made":
        return made
    pack: Path = request.getfixturevalue("data_pack")
    return lambda name: pack / "messy" / name


@pytest.mark.parametrize("name", _READ)
def test_an_odd_text_meets_its_line_of_the_manifest(odd_text: Find, name: str) -> None:
    wanted, path = _READ[name], odd_text(name)
    read = table(path)
    assert recognise(path).name == wanted.format
    assert tuple(read.columns)[: len(wanted.columns)] == wanted.columns
    assert len(read) == wanted.rows
    assert {note.code for note in read.notes} == set(wanted.notes)
    assert tuple(item.where for item in read.skipped.items) == wanted.skipped or name.startswith("ner_")


@pytest.mark.parametrize("name", _REFUSED)
def test_a_text_that_cannot_be_read_is_refused_with_a_sentence(odd_text: Find, name: str) -> None:
    error, message = _REFUSED[name]
    with pytest.raises(error, match=message):
        table(odd_text(name))


def test_every_odd_text_of_the_pack_is_covered(data_pack: Path) -> None:
    listed = {path.name for path in (data_pack / "messy").iterdir() if path.suffix != ".zip"} - {"MANIFEST.csv"}
    assert listed == _READ.keys() | _REFUSED.keys()
    assert _READ.keys() | _REFUSED.keys() == messy_texts.MADE.keys()


def test_labels_stay_what_the_file_says(odd_text: Find, tmp_path: Path) -> None:
    record, _ = build(tmp_path, odd_text("mixed_label_types.csv"))
    assert set(record.label_names) == {"1", "1.0", "pos", "TRUE", "+1", "0", "0.0", "neg", "FALSE", "-1"}


def test_empty_labels_are_left_out_and_spellings_of_one_class_are_named(odd_text: Find, tmp_path: Path) -> None:
    record, _ = build(tmp_path, odd_text("label_variants_and_blanks.csv"))
    assert not {"", "nan"} & set(record.label_names)
    assert 400 - record.rows == record.skipped_count > 4
    assert "similar_labels" in {finding.code for finding in record.findings}


def test_cells_and_their_quotes_survive(odd_text: Find) -> None:
    assert table(odd_text("quotes_and_newlines.csv")).columns["b"][0] == 'ha \n"ha" \nha'
    assert table(odd_text("json_in_cell.csv")).columns["val"][0] == '{"type": "Point", "coordinates": [102.0, 0.5]}'
    assert list(table(odd_text("na_tokens.csv")).columns.values()) == [[""], ["NA"], ["N/A"], ["NONE"], ["NULL"], ["."]]
    assert len(table(odd_text("ragged_rows.csv"), ragged=True)) == 3


def test_scores_are_numbers_and_no_classes_and_that_is_said(odd_text: Find, tmp_path: Path) -> None:
    record, _ = build(tmp_path, odd_text("decimal_commas.csv"))
    assert record.task == "text_pair_regression"
    assert record.numbers is not None
    assert 0 <= record.numbers.low < record.numbers.high <= 5
    with pytest.raises(MissingColumn, match="The numbers of 'score' are scores and no classes"):
        build(tmp_path, odd_text("decimal_commas.csv"), task="text_classification")
    scores = table(odd_text("decimal_commas.csv")).columns["score"]
    assert all(0 <= float(str(cell).replace(",", ".")) <= 5 for cell in scores)


def test_the_header_below_titles_can_be_told(odd_text: Find) -> None:
    read = table(odd_text("excel_pasting_title_rows.csv"), header=True)
    assert (list(read.columns)[:2], len(read)) == (["Year", "2000"], 16)


def test_a_sheet_can_be_chosen(odd_text: Find) -> None:
    read = table(odd_text("many_sheets.xlsx"))
    assert read.sheets == ("not this one", "data", "ʤ")
    assert list(table(odd_text("many_sheets.xlsx"), sheet="ʤ").columns)[:2] == ["a", "b"]


def test_answers_are_put_where_they_stand(odd_text: Find) -> None:
    read = table(odd_text("squad_bad_offsets.json"))
    for context, answers, starts in zip(
        read.columns["context"], read.columns["answers"], read.columns["answer_starts"], strict=True
    ):
        for answer, start in zip(answers if starts else [], map(int, str(starts).split()), strict=True):
            assert str(context)[start:].startswith(answer)


def test_a_guess_of_the_encoding_is_said_to_be_one_and_shows_the_others(odd_text: Find) -> None:
    (note,) = table(odd_text("traditional_chinese_big5.csv")).notes
    assert note.message.startswith("The file does not say its encoding; by its characters it was read as big5.")
    assert [example.split(":")[0] for example in note.examples][:2] == ["big5", "gb18030"]


_PACK = {  # files of the splits: format, rows of the train, the dev and the test file, classes
    "text_classification/imdb_{}.csv": ("delimited", 5000, None, 2000, 2),
    "text_classification/sst2_{}.csv": ("delimited", 6920, 872, 1821, 2),
    "text_classification/banking77_{}.csv": ("delimited", 10003, None, 3080, 77),
    "text_classification/chnsenticorp_{}.csv": ("delimited", 9600, 1200, 1200, 2),
    "sentence_pair/ocnli_{}.csv": ("delimited", 2200, None, 638, 3),
    "sentence_pair/stsb_en_{}.csv": ("delimited", 5749, 1500, 1379, 0),
    "sentence_pair/rte2_en.csv": ("delimited", 1200, None, None, 2),
    "ner/wikiann_en_{}.conll": ("conll", 10000, 2000, 2000, 7),
    "ner/wikiann_en_{}.jsonl": ("json_lines", 10000, 2000, 2000, 7),
    "ner/msra_zh_{}.conll": ("conll", 6000, None, 1500, 7),
    "qa/squad_xquad_en_{}.json": ("squad", 970, 220, None, 0),
    "qa/squad_xquad_zh_{}.json": ("squad", 970, 220, None, 0),
    "corpus/english_5mb.txt": ("plain_text", 9234, None, None, 0),
    "corpus/chinese_3mb.txt": ("plain_text", 20364, None, None, 0),
}


@pytest.mark.parametrize("name", _PACK)
def test_every_real_file_of_the_pack_is_read_as_its_readme_says(data_pack: Path, name: str) -> None:
    form, *counts, classes = _PACK[name]
    for split, count in zip(("train", "dev", "test"), counts, strict=True):
        if count is None:
            continue
        path = data_pack / name.format(split)
        read = table(path)
        assert recognise(path).name == form
        assert (len(read), read.skipped.count) == (count, 0)
        if classes:
            roles = columns.choose(read, suited.task_for(read, None), {})
            targets = read.columns[roles.columns[roles.task.target.name]]
            found = {label for cell in targets for label in (cell if isinstance(cell, list) else [cell])}
            assert len(found) == classes
