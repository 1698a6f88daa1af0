"""The odd files of the data pack come out right, or are refused with a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from studio.data import pictures, store
from studio.errors import DataError, EmptyFile, MissingColumn, TooFewClasses, TooFewRows
from tests import messy_images
from tests.data_helpers import build, images, table

# File, rows, classes, rows skipped.
_IMPORTED = [
    ("broken_lines_bom.jsonl", 97, 2, 2),
    ("chinese_excel_gb18030.csv", 400, 2, 0),
    ("chinese_names_gbk.zip", 24, 2, 0),
    ("corrupt_images.zip", 21, 2, 9),
    ("decimal_commas.csv", 200, 0, 0),
    ("duplicates_and_conflicts.csv", 280, 2, 0),
    ("embedded_newlines_quotes.csv", 120, 2, 0),
    ("european_excel_semicolon_bom.csv", 300, 76, 0),
    ("exif_rotated.zip", 15, 3, 0),
    ("flat_with_labels_csv.zip", 43, 3, 5),
    ("gov_utf16le_bom.csv", 327, 2, 0),
    ("huge_field.csv", 81, 2, 0),
    ("imbalanced_singletons.csv", 608, 5, 0),
    ("label_variants_and_blanks.csv", 395, 158, 5),
    ("mac_zip_nested_junk.zip", 60, 3, 1),
    ("mixed_formats.zip", 31, 2, 0),
    ("mixed_label_types.csv", 200, 10, 0),
    ("ner_iob1_missing_tags.conll", 118, 7, 2),
    ("no_header.tsv", 500, 2, 0),
    ("path_traversal.zip", 20, 2, 3),
    ("records_under_data_key.json", 150, 2, 0),
    ("spanish_latin1.csv", 87, 9, 28),
    ("squad_bad_offsets.json", 111, 0, 5),
    ("sst2.parquet", 200, 2, 0),
    ("tabs_named_csv_stray_quotes.csv", 300, 2, 0),
    ("train_valid_test_uneven.zip", 58, 3, 4),
]
_REFUSED = [
    ("control_chars_in_header.csv", MissingColumn, "Columns: start end, b, c"),
    ("encrypted.xls", DataError, "is protected by a password. Open it, remove the password"),
    ("excel_blank_top_rows.xlsx", DataError, "."),
    ("excel_pasting_title_rows.csv", MissingColumn, "No column looks like the label"),
    ("header_only.csv", EmptyFile, "has a header but no rows"),
    ("json_in_cell.csv", TooFewClasses, "fewer than two classes"),
    ("mac_cr_newlines.csv", TooFewRows, "too few rows to train on"),
    ("many_sheets.xlsx", DataError, "."),
    ("na_tokens.csv", MissingColumn, "No column looks like the label"),
    ("no_header_numeric.csv", MissingColumn, "No column looks like the text"),
    ("null_byte.csv", MissingColumn, "No column looks like the text"),
    ("one_byte.csv", EmptyFile, "has a header but no rows"),
    ("one_class_only.zip", TooFewClasses, "Every row has the class 'photos'"),
    ("pipes_mixed_newlines.psv", MissingColumn, "Columns: Year, New dwellings"),
    ("quotes_and_newlines.csv", TooFewRows, "too few rows"),
    ("ragged_rows.csv", MissingColumn, "Columns: column_a, column_b, column_c"),
    ("records_nested.json", TooFewRows, "too few rows"),
    ("spaces_after_comma.csv", TooFewRows, "too few rows"),
    ("table.csv.gz", DataError, "."),
]


@pytest.mark.parametrize(("name", "rows", "classes", "skipped"), _IMPORTED, ids=lambda value: str(value))
def test_odd_files_become_datasets_with_every_good_row(
    data_pack: Path, tmp_path: Path, name: str, rows: int, classes: int, skipped: int
) -> None:
    record, _ = build(tmp_path, data_pack / "messy" / name)
    assert (record.rows, len(record.labels), record.skipped_count) == (rows, classes, skipped)


@pytest.mark.parametrize(("name", "error", "message"), _REFUSED, ids=lambda value: str(value))
def test_files_that_cannot_be_learned_from_are_refused_with_a_sentence(
    data_pack: Path, tmp_path: Path, name: str, error: type[DataError], message: str
) -> None:
    with pytest.raises(error, match=message):
        build(tmp_path, data_pack / "messy" / name)


def test_every_odd_file_is_covered(data_pack: Path) -> None:
    listed = {row[0] for row in (*_IMPORTED, *_REFUSED)} | {"MANIFEST.csv", "traditional_chinese_big5.csv"}
    assert {path.name for path in (data_pack / "messy").iterdir()} <= listed


def test_chinese_class_names_and_texts_are_readable(data_pack: Path, tmp_path: Path) -> None:
    assert build(tmp_path, data_pack / "messy/chinese_names_gbk.zip")[0].label_names == ("狗", "猫")
    assert build(tmp_path, data_pack / "messy/chinese_excel_gb18030.csv")[0].label_names == ("正面", "负面")
    big5 = table(data_pack / "messy/traditional_chinese_big5.csv")
    assert list(big5.columns)[:3] == ["id", "景點編號", "景點中文名稱"]
    assert len(big5) == 382


def test_cells_survive_as_their_authors_wrote_them(data_pack: Path) -> None:
    messy = data_pack / "messy"
    assert table(messy / "quotes_and_newlines.csv").columns["b"][0] == 'ha \n"ha" \nha'
    assert table(messy / "json_in_cell.csv").columns["val"][0] == '{"type": "Point", "coordinates": [102.0, 0.5]}'
    assert list(table(messy / "na_tokens.csv").columns.values()) == [[""], ["NA"], ["N/A"], ["NONE"], ["NULL"], ["."]]
    assert len(table(messy / "pipes_mixed_newlines.psv")) == 28
    assert len(table(messy / "mac_cr_newlines.csv")) == 2
    spanish = table(messy / "spanish_latin1.csv")
    assert spanish.columns["Gasto total 2011"][0] == "229,932.50"
    assert list(spanish.columns)[-1] == "Descripción"
    assert [item.where for item in table(messy / "ragged_rows.csv").skipped.items] == ["2", "3"]


def test_rotated_photos_look_alike(data_pack: Path, tmp_path: Path) -> None:
    _, folder = build(tmp_path, data_pack / "messy/exif_rotated.zip", {"image_size": "64"})
    pixels = np.load(folder / "images.npy").astype(int)
    parts = [store.read_rows(folder, split) for split in store.SPLITS]
    lines = [line for part in parts for line in part["line"]]
    landscapes = pixels[[i for i, line in enumerate(lines) if line.startswith("landscape/")]]
    assert len(landscapes) == 4
    assert np.abs(landscapes - landscapes[0]).mean(axis=(1, 2, 3)).max() < 12


def test_sixteen_bits_come_out_neither_white_nor_black(data_pack: Path) -> None:
    read = images(data_pack / "messy/mixed_formats.zip")
    deep = [item for item in read.items if item.name in ("one/tiff_16bit_RGB.tiff", "two/16bit.cropped.tif")]
    brightness = [pictures.square(read.read(item), 64, 10**7).mean() for item in deep]
    read.close()
    assert [10 < mean < 245 for mean in brightness] == [True, True]


def test_nothing_of_a_climbing_archive_is_written_outside(data_pack: Path, tmp_path: Path) -> None:
    read = images(data_pack / "messy/path_traversal.zip")
    read.close()
    assert len(read.items) == 20
    assert not (tmp_path.parent / "escape.jpg").exists()
    assert not Path("/tmp/abs_escape.jpg").exists()


def test_the_published_splits_of_the_pack_are_used(data_pack: Path, tmp_path: Path) -> None:
    texts = data_pack / "text_classification"
    record, _ = build(tmp_path, texts / "sst2_train.csv", valid=texts / "sst2_dev.csv", test=texts / "sst2_test.csv")
    assert record.splits == {"train": 6920, "valid": 872, "test": 1821}
    record, _ = build(tmp_path, texts / "banking77_train.csv", test=texts / "banking77_test.csv")
    assert (record.splits["test"], len(record.labels)) == (3080, 77)
    cifar, _ = build(tmp_path, data_pack / "images/cifar10_subset.zip")
    assert (cifar.splits, cifar.image_size) == ({"train": 4500, "valid": 500, "test": 1000}, 32)


# Images: what the MANIFEST asks of each archive, of the real one and of one made by code -----------------------------


@dataclass(frozen=True)
class _Wanted:
    """What an archive becomes: rows of each class, the findings that say what is odd, and the files left out."""

    rows: int
    classes: int
    findings: frozenset[str] = frozenset()
    skipped: int = 0
    why: str = ""  # what every reason for leaving a file out has in it


_WANTED = {
    "chinese_names_gbk.zip": _Wanted(24, 2),
    "corrupt_images.zip": _Wanted(21, 2, frozenset({"unreadable_images"}), 9),
    "exif_rotated.zip": _Wanted(15, 0, frozenset({"near_duplicates"})),
    "flat_with_labels_csv.zip": _Wanted(
        43, 3, frozenset({"labels_file", "missing_images", "unlisted_images"}), 5, "no image of this name|not listed"
    ),
    "mac_zip_nested_junk.zip": _Wanted(60, 3, frozenset({"junk_files"}), 1, "not an image"),
    "mixed_formats.zip": _Wanted(31, 2, frozenset({"grey_images", "animated_images"})),
    "path_traversal.zip": _Wanted(20, 2, frozenset(), 3, "points outside"),
    "train_valid_test_uneven.zip": _Wanted(
        58, 3, frozenset({"absent_classes", "unknown_classes"}), 4, "No training row has the class 'plane'"
    ),
}


@pytest.fixture(params=["pack", "made"])
def odd_archive(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """Finds an odd archive by its name: that of the pack, or one with the same oddities."""
    if request.param == "made":
        return lambda name: messy_images.MADE[name](tmp_path / name)
    pack: Path = request.getfixturevalue("data_pack")
    return lambda name: pack / "messy" / name


@pytest.mark.parametrize("name", _WANTED)
def test_an_odd_archive_meets_its_line_of_the_manifest(
    odd_archive: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    wanted = _WANTED[name]
    record, _ = build(tmp_path, odd_archive(name))
    found = {finding.code for finding in record.findings}
    assert (record.rows, record.skipped_count) == (wanted.rows, wanted.skipped)
    assert len(record.labels) == wanted.classes or not wanted.classes
    assert found >= wanted.findings
    assert all(re.search(wanted.why, item.why) for item in record.skipped)


def test_one_class_is_refused_with_what_a_classifier_needs(odd_archive: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(TooFewClasses, match="Every row has the class 'photos'"):
        build(tmp_path, odd_archive("one_class_only.zip"))


def test_every_bad_file_is_listed_with_a_reason_of_its_own_and_no_bomb_is_unpacked(
    odd_archive: Callable[[str], Path], tmp_path: Path
) -> None:
    record, _ = build(tmp_path, odd_archive("corrupt_images.zip"))
    reasons = {Path(item.where).name: item.why for item in record.skipped}
    assert "empty" in reasons["empty.jpg"]
    assert "is no JPEG" in reasons["page.jpg"]
    assert any("pixels" in why for name, why in reasons.items() if "bomb" in name)
    assert sum("damaged" in why for why in reasons.values()) >= 4


def test_every_turned_photo_is_upright(odd_archive: Callable[[str], Path], tmp_path: Path) -> None:
    _, folder = build(tmp_path, odd_archive("exif_rotated.zip"), {"image_size": "48"})
    pixels = np.load(folder / "images.npy").astype(int)
    lines = [line for split in store.SPLITS for line in store.read_rows(folder, split)["line"]]
    turned = pixels[[i for i, line in enumerate(lines) if line.startswith("landscape/")]]
    assert np.abs(turned - turned[0]).mean(axis=(1, 2, 3)).max() < 12


def test_every_format_becomes_colours_that_are_neither_black_nor_white(odd_archive: Callable[[str], Path]) -> None:
    read = images(odd_archive("mixed_formats.zip"))
    means = {item.name: pictures.square(read.read(item), 32, 10**8).mean() for item in read.items}
    read.close()
    assert {name: mean for name, mean in means.items() if not 10 < mean < 253} == {}


_CIFAR = {"train": 4500, "valid": 500, "test": 1000}  # of 500 and 100 rows of each class; a tenth of train is valid


@pytest.mark.parametrize(
    ("name", "classes", "each", "splits"),
    [
        ("cifar10_subset.zip", 10, 600, _CIFAR),
        ("flowers_128.zip", 5, 400, {"train": 1600, "valid": 200, "test": 200}),
        ("tiny_imagenet_10.zip", 10, 400, {"train": 3150, "valid": 350, "test": 500}),
    ],
    ids=["cifar10", "flowers", "tiny_imagenet"],
)
def test_real_image_archives_import_as_their_readme_says(
    data_pack: Path, tmp_path: Path, name: str, classes: int, each: int, splits: dict[str, int]
) -> None:
    record, _ = build(tmp_path, data_pack / "images" / name)
    assert [label.count for label in record.labels] == [each] * classes
    assert (record.splits, record.skipped_count) == (splits, 0)


def test_the_leaked_test_rows_of_chnsenticorp_are_reported_exactly(data_pack: Path, tmp_path: Path) -> None:
    texts = data_pack / "text_classification"
    record, _ = build(tmp_path, texts / "chnsenticorp_train.csv", test=texts / "chnsenticorp_test.csv")
    overlap = next(finding for finding in record.findings if finding.code == "overlap")
    assert "331 of 1,200 test rows" in overlap.message
