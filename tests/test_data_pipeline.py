"""A file becomes a dataset that any library of the field can open, and its record tells what was done."""

from __future__ import annotations

from pathlib import Path

import datasets
import numpy as np
import pytest

from studio.data import store
from studio.errors import DataError, LimitError, MissingColumn, TooFewClasses, TooFewRows
from tests.data_helpers import archive, build, png, reviews, write


def test_a_table_becomes_an_arrow_dataset_with_named_classes(tmp_path: Path) -> None:
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(50)))
    loaded = datasets.load_from_disk(str(folder / "rows"))
    assert {name: len(part) for name, part in loaded.items()} == record.splits == {"train": 40, "valid": 5, "test": 5}
    assert loaded["train"].features["label"].names == ["class0", "class1"]
    row = loaded["train"][0]
    number = int(row["line"].removeprefix("a.csv:")) - 2
    assert (row["text"], row["label"]) == (f"text number {number}", number % 2)
    assert [(label.name, label.count) for label in record.labels] == [("class0", 25), ("class1", 25)]


def test_words_and_tags_become_lists_of_classes(tmp_path: Path) -> None:
    sentences = "".join(f"Anna{i} I-PER\nlives O\nin O\nBonn I-LOC\n\n" for i in range(20))
    record, folder = build(tmp_path, write(tmp_path, "a.conll", sentences))
    row = store.read_rows(folder, "train", 0, 1)
    assert record.task == "token_classification"
    assert record.label_names == ("B-LOC", "B-PER", "O")
    assert [record.label_names[tag] for tag in row["tags"][0]] == ["B-PER", "O", "O", "B-LOC"]
    loaded = datasets.load_from_disk(str(folder / "rows"))["train"]
    assert loaded.features["tags"].feature.names == ["B-LOC", "B-PER", "O"]


def test_images_are_stored_once_in_the_order_of_the_splits(tmp_path: Path) -> None:
    members = {f"{c}/{i}.png": png(100 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(20)}
    record, folder = build(tmp_path, archive(tmp_path / "a.zip", members))
    pixels = np.load(folder / "images.npy", mmap_mode="r")
    assert record.image_size == 40
    assert pixels.shape == (40, 40, 40, 3)
    rows = [store.read_rows(folder, split) for split in store.SPLITS]
    assert [place for part in rows for place in part["image"]] == list(range(40))
    for place, line, label in ((p, n, c) for part in rows for p, n, c in zip(*_parts(part), strict=True)):
        name, number = line.split("/")
        assert record.label_names[label] == name
        assert pixels[place, 5, 5, 0] == (100 * (name == "dog") + int(number.removesuffix(".png"))) % 251
    assert not (folder / "decoded.npy").exists()


def _parts(part: dict[str, list[object]]) -> tuple[list[int], list[str], list[int]]:
    return part["image"], part["line"], part["label"]  # type: ignore[return-value]


def test_an_unreadable_image_is_listed_and_leaves_no_hole(tmp_path: Path) -> None:
    members = {f"{c}/{i}.png": png(50 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(10)}
    record, folder = build(tmp_path, archive(tmp_path / "a.zip", {"cat/00.png": b"no image", **members}))
    assert record.rows == len(np.load(folder / "images.npy")) == 20
    assert [item.where for item in record.skipped] == ["cat/00.png"]
    assert "unreadable_images" in [finding.code for finding in record.findings]


def test_the_image_size_can_be_named_and_is_bounded_otherwise(tmp_path: Path) -> None:
    small = {f"{c}/{i}.png": png(20 * n + i, (9, 7)) for n, c in enumerate(("cat", "dog")) for i in range(10)}
    path = archive(tmp_path / "a.zip", small)
    assert build(tmp_path, path)[0].image_size == 32
    assert build(tmp_path, path, {"image_size": "8"})[0].image_size == 8


def test_own_splits_are_used_and_classes_that_are_only_tested_left_out(tmp_path: Path) -> None:
    test = write(tmp_path, "test.csv", "label,text\nclass0,new one\nclass1,new two\nother,new three\n")
    record, folder = build(tmp_path, write(tmp_path, "train.csv", reviews(40)), test=test)
    assert record.splits == {"train": 36, "valid": 4, "test": 2}
    assert [(item.where, item.why) for item in record.skipped] == [
        ("test.csv:4", "No training row has the class 'other'.")
    ]
    assert store.read_rows(folder, "test")["text"] == ["new one", "new two"]
    assert record.split_note == "The data's own train and test rows are used; 10 % of train became valid."


def test_a_split_column_is_honoured(tmp_path: Path) -> None:
    rows = "".join(f"words {i},c{i % 2},{('train', 'train', 'train', 'dev', 'test', '?')[i % 6]}\n" for i in range(60))
    record, _ = build(tmp_path, write(tmp_path, "a.csv", f"text,label,split\n{rows}"), {"split": "split"})
    assert record.splits == {"train": 30, "valid": 10, "test": 10}
    assert record.skipped_count == 10
    assert "neither train nor valid nor test" in record.skipped[0].why


def test_empty_labels_never_become_a_class(tmp_path: Path) -> None:
    odd = "one,\ntwo,nan\nthree, \n,class0\nfour,NULL\n"
    record, _ = build(tmp_path, write(tmp_path, "a.csv", reviews(40) + odd))
    assert record.label_names == ("class0", "class1")
    assert [item.where for item in record.skipped] == [f"a.csv:{n}" for n in range(42, 47)]
    counts = {finding.code: finding.count for finding in record.findings}
    assert (counts["empty_labels"], counts["empty_texts"]) == (4, 1)


def test_numbers_as_labels_stay_as_written_and_are_sorted_as_numbers(tmp_path: Path) -> None:
    rows = "".join(f"words {i},{('10', '9', '9.0', '10.00')[i % 4]}\n" for i in range(40))
    record, _ = build(tmp_path, write(tmp_path, "a.csv", f"text,label\n{rows}"))
    assert record.label_names == ("9", "9.0", "10", "10.00")


def test_rows_that_are_the_same_but_for_case_and_spaces_stay_on_one_side(tmp_path: Path) -> None:
    rows = "".join(f"{t},c{i % 2}\n" for i in range(40) for t in (f"Text {i}", f"ｔｅｘｔ   {i}", f"TEXT {i}"))
    record, folder = build(tmp_path, write(tmp_path, "a.csv", f"text,label\n{rows}"))
    numbers = [{t.split()[-1] for t in store.read_rows(folder, split)["text"]} for split in store.SPLITS]
    assert sum(map(len, numbers)) == 40
    assert "overlap" not in [finding.code for finding in record.findings]


def test_the_fingerprint_follows_the_rows_and_not_the_file(tmp_path: Path) -> None:
    first = build(tmp_path, write(tmp_path, "a.csv", reviews(40)))[0]
    renamed = build(tmp_path, write(tmp_path, "b.tsv", reviews(40).replace(",", "\t")))[0]
    changed = build(tmp_path, write(tmp_path, "c.csv", reviews(40).replace("number 7", "number seven")))[0]
    reseeded = build(tmp_path, write(tmp_path, "a.csv", reviews(40)), {"seed": "1"})[0]
    assert first.fingerprint == renamed.fingerprint
    assert len({first.fingerprint, changed.fingerprint, reseeded.fingerprint}) == 3


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (reviews(8), TooFewRows, "too few rows to train on"),
        (reviews(40, classes=1), TooFewClasses, "Every row has the class 'class0'"),
        ("text,price\n" + "".join(f"a b {i},{i / 7}\n" for i in range(40)), MissingColumn, "Columns: text, price"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused(
    tmp_path: Path, content: str, error: type[DataError], message: str
) -> None:
    with pytest.raises(error, match=message):
        build(tmp_path, write(tmp_path, "a.csv", content))


def test_files_of_one_dataset_need_the_same_columns_and_kind(tmp_path: Path) -> None:
    train = write(tmp_path, "train.csv", reviews(40))
    with pytest.raises(MissingColumn, match=r"test\.csv has no column 'label'"):
        build(tmp_path, train, test=write(tmp_path, "test.csv", "text,class\na b,x\n"))
    photos = archive(tmp_path / "a.zip", {"cat/1.png": png(1), "dog/2.png": png(2)})
    with pytest.raises(DataError, match="different kinds"):
        build(tmp_path, train, test=photos)


def test_more_classes_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="more than 10,000 different values"):
        build(tmp_path, write(tmp_path, "a.csv", reviews(12_000, classes=12_000)))
