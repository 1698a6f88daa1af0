"""Each finding of the check-up is found where it is, and nowhere else; its mend takes it away."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.data import checkup, mends, writer
from studio.data.checks import CHECKS, _near
from studio.data.formats._records import SkipLog
from studio.data.rows import settle
from studio.data.store import DatasetRecord, Finding
from tests.data_helpers import archive, build, encoded, reviews, write


def _finding(record: DatasetRecord, code: str) -> Finding:
    return next(finding for finding in record.findings if finding.code == code)


def _codes(record: DatasetRecord) -> set[str]:
    return {finding.code for finding in record.findings}


def _after(folder: Path, code: str) -> tuple[set[str], int]:
    """What is still found after a mend, and how many rows are left."""
    rows, pixels = writer.load(folder)
    mended = settle(mends.mend(rows, [code], pixels), SkipLog())
    return {finding.code for finding in checkup.findings(mended, pixels)}, len(mended)


def _csv(folder: Path, rows: Sequence[tuple[str, str]]) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([("text", "label"), *rows])
    return write(folder, "a.csv", text.getvalue())


def _plain(rows: int = 60) -> list[tuple[str, str]]:
    return [(f"text number {i}", f"class{i % 2}") for i in range(rows)]


def test_every_finding_that_offers_a_fix_has_a_mend_and_the_others_have_none() -> None:
    assert {code for code, check in CHECKS.items() if check.mend} >= {
        "duplicates", "near_duplicates", "overlap", "conflicting_labels", "similar_labels", "tiny_classes",
        "number_labels", "label_in_text", "wordless_texts", "blank_images", "common_inputs",
    }  # fmt: skip


def test_texts_that_differ_by_punctuation_only_are_nearly_the_same(tmp_path: Path) -> None:
    extra = [("Text number 3!!", "class1"), ("text-number 4 ...", "class0"), ("text number 5?", "class0")]
    record, folder = build(tmp_path, _csv(tmp_path, _plain() + extra))
    assert "duplicates" not in _codes(record)
    assert _finding(record, "near_duplicates").count == 2  # the third has another class
    assert _after(folder, "near_duplicates") == (set(), 61)


def test_of_near_repetitions_the_row_of_the_test_stays(tmp_path: Path) -> None:
    test = write(tmp_path, "test.csv", "text,label\ntext number 3!,class1\nquite new,class0\n")
    _, folder = build(tmp_path, _csv(tmp_path, _plain()), test=test)
    rows = mends.mend(writer.load(folder)[0], ["near_duplicates"])
    assert np.bincount(rows.splits).tolist()[2] == 2
    assert "text number 3" not in rows.column("text").to_pylist()


def test_one_input_that_fills_the_data_is_named_and_left_out(tmp_path: Path) -> None:
    frequent = [("see attachment", f"class{i % 2}") for i in range(40)]
    record, folder = build(tmp_path, _csv(tmp_path, _plain(200) + frequent))
    finding = _finding(record, "common_inputs")
    assert (finding.count, finding.examples) == (40, ["see attachment"])
    assert "17 % of all rows" in finding.message
    assert _after(folder, "common_inputs") == (set(), 200)


def test_labels_that_are_ids_are_an_error_without_a_mend(tmp_path: Path) -> None:
    rows = [(f"text number {i}", f"customer {i % 45}") for i in range(60)]
    finding = _finding(build(tmp_path, _csv(tmp_path, rows))[0], "id_labels")
    assert (finding.severity, finding.count, finding.fix) == ("error", 45, None)


def test_labels_that_are_measures_can_be_rounded(tmp_path: Path) -> None:
    rows = [(f"text number {i}", f"{1 + (i % 30) / 10}") for i in range(600)]
    record, folder = build(tmp_path, _csv(tmp_path, rows), {"label": "label"})
    assert _finding(record, "number_labels").fix == "number_labels"
    mended = settle(mends.mend(writer.load(folder)[0], ["number_labels"]), SkipLog())
    assert mended.labels == ("1", "2", "3", "4")
    assert len(mended) == 600


@pytest.mark.parametrize("label", ["sport", "cheap_flights", "体育"])
def test_a_class_name_in_the_texts_is_noticed_and_taken_out(tmp_path: Path, label: str) -> None:
    shown = label.replace("_", " ").upper()
    rows = [
        (f"[{shown}] story number {i}" if i % 2 else f"story about {i}", label if i % 2 else "other") for i in range(80)
    ]
    record, folder = build(tmp_path, _csv(tmp_path, rows))
    assert _finding(record, "label_in_text").examples == [label]
    mended = mends.mend(writer.load(folder)[0], ["label_in_text"])
    assert not any(shown in text for text in mended.column("text").to_pylist())
    assert "label_in_text" not in _after(folder, "label_in_text")[0]


def test_a_class_name_that_stands_everywhere_or_in_few_texts_gives_nothing_away(tmp_path: Path) -> None:
    rows = [(f"sport and other things, number {i}", ("sport", "other")[i % 2]) for i in range(80)]
    assert "label_in_text" not in _codes(build(tmp_path, _csv(tmp_path, rows))[0])


def test_texts_without_words_are_left_out(tmp_path: Path) -> None:
    record, folder = build(tmp_path, _csv(tmp_path, [*_plain(), ("...", "class0"), ("?!", "class1"), ("👍", "class1")]))
    assert _finding(record, "wordless_texts").count == 2
    assert _after(folder, "wordless_texts") == (set(), 61)


def test_scripts_and_languages_are_told_where_there_are_several(tmp_path: Path) -> None:
    english = [(f"this is the text of number {i} and it was here", f"class{i % 2}") for i in range(60)]
    german = [(f"das ist nicht der Text {i} und auch nicht die Zahl", f"class{i % 2}") for i in range(20)]
    russian = [(f"это не {i}, и что на это как", f"class{i % 2}") for i in range(20)]
    assert _codes(build(tmp_path, _csv(tmp_path, english))[0]) == set()
    found = _finding(build(tmp_path, _csv(tmp_path, english + german))[0], "mixed_languages")
    assert "English 75 %, German 25 %" in found.message
    record = build(tmp_path, _csv(tmp_path, english + russian))[0]
    assert "Latin 75 %, Cyrillic 25 %" in _finding(record, "mixed_scripts").message


def test_long_texts_are_told_with_their_share(tmp_path: Path) -> None:
    record, _ = build(tmp_path, _csv(tmp_path, [*_plain(98), ("word " * 600, "class0"), ("字" * 600, "class1")]))
    assert "2 texts are longer than most models read (2.0 % of all)" in _finding(record, "long_texts").message


def test_classes_of_the_test_that_train_lacks_are_told(tmp_path: Path) -> None:
    test = write(tmp_path, "test.csv", "text,label\nnew one,class0\nanother,plane\n")
    record, _ = build(tmp_path, write(tmp_path, "a.csv", reviews(60)), test=test)
    assert (_finding(record, "unknown_classes").count, _finding(record, "unknown_classes").examples) == (1, ["plane"])


# Images -------------------------------------------------------------------------------------------------------------


def _photo(seed: int, side: int = 96) -> Image.Image:
    """A smooth picture of its own."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)


def _photos(count: int = 20) -> dict[str, bytes]:
    return {f"{('cat', 'dog')[i % 2]}/{i}.png": encoded(_photo(i), "PNG") for i in range(count)}


@pytest.mark.parametrize("side", [8, 9, 32, 65])
def test_impressions_are_means_of_cells_at_every_size(side: int) -> None:
    pixels = np.random.default_rng(side).integers(0, 256, (300, side, side, 3), dtype=np.uint8)
    places = np.arange(299, -1, -1)
    hashes, small = _near.impressions(pixels, places)
    assert hashes.shape == (300,)
    edges = [cell * side // 8 for cell in range(9)]
    first = pixels[places[7], edges[2] : edges[3], edges[5] : edges[6]].mean(axis=(0, 1))
    np.testing.assert_allclose(small.reshape(300, 8, 8, 3)[7, 2, 5], first, rtol=1e-5)
    bits = np.unpackbits(np.array([hashes[7]], dtype=">u8").view(np.uint8)).reshape(8, 8)
    columns = np.repeat(pixels[places[7]], 9, axis=1).mean(axis=2) if side < 9 else pixels[places[7]].mean(axis=2)
    cells = np.array_split(columns[edges[2] : edges[3]], [k * columns.shape[1] // 9 for k in range(1, 9)], axis=1)
    grey = [cell.mean() for cell in cells]
    assert bits[2].tolist() == [int(right > left) for left, right in pairwise(grey)]


def test_images_that_were_saved_again_are_nearly_the_same(tmp_path: Path) -> None:
    again = {
        "cat/jpeg.jpg": encoded(_photo(0), "JPEG", quality=60),
        "dog/small.png": encoded(_photo(1).resize((80, 80)), "PNG"),
        "cat/bright.png": encoded(_photo(2).point(lambda value: min(255, value + 10)), "PNG"),
        "dog/other.jpg": encoded(_photo(4), "JPEG"),  # an image of a cat
    }
    record, folder = build(tmp_path, archive(tmp_path / "a.zip", {**_photos(), **again}))
    finding = _finding(record, "near_duplicates")
    assert (finding.count, finding.fix) == (3, "near_duplicates")
    assert _after(folder, "near_duplicates")[1] == 21


def test_different_images_are_not_nearly_the_same(tmp_path: Path) -> None:
    assert _codes(build(tmp_path, archive(tmp_path / "a.zip", _photos(60)))[0]) == set()


def test_small_images_of_one_kind_are_not_taken_for_each_other(tmp_path: Path) -> None:
    record, _ = build(tmp_path, Path(__file__).parents[1] / "assets" / "samples" / "digits.zip")
    assert sum(finding.count for finding in record.findings if finding.code == "near_duplicates") <= 2


def test_many_images_with_one_hash_are_compared_in_linear_time() -> None:
    hashes = np.zeros(20_000, dtype=np.uint64)
    small = np.random.default_rng(0).random((20_000, 192)).astype(np.float32) * 255
    assert _near.alike(hashes, small) == []


def test_chains_of_pairs_are_one_group() -> None:
    assert _near.pairs_to_groups(6, [(4, 2), (2, 1), (5, 3)]).tolist() == [0, 1, 1, 3, 1, 3]


def test_images_of_one_colour_are_left_out(tmp_path: Path) -> None:
    blank = {f"cat/blank{i}.png": encoded(Image.new("RGB", (96, 96), (i, i, i)), "PNG") for i in (0, 255)}
    record, folder = build(tmp_path, archive(tmp_path / "a.zip", {**_photos(), **blank}))
    assert _finding(record, "blank_images").count == 2
    assert _after(folder, "blank_images") == (set(), 20)
