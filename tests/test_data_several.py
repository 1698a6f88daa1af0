"""Files in which a row has any number of labels: how they are found and read, what the check-up says, and mends."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from studio.data import store
from studio.data.listed import as_cell, labels_in, separator_of
from studio.data.mends import carry_out
from studio.data.rows import Rows
from studio.data.store import DatasetRecord
from studio.data.writer import load
from studio.errors import InvalidOption, TooFewClasses
from tests.data_helpers import archive, build, images, png, write

TEXTS, IMAGES = "multilabel_classification", "image_multilabel_classification"


def table(folder: Path, head: str, cells: list[str], rows: int = 80) -> Path:
    """A CSV of different texts, each with one of the cells, the rarer the later they stand."""
    chosen = random.Random(0).choices(cells, range(len(cells), 0, -1), k=rows)
    return write(folder, "a.csv", f"{head}\n" + "".join(f"some longer words {i},{c}\n" for i, c in enumerate(chosen)))


def codes(record: DatasetRecord) -> set[str]:
    return {finding.code for finding in record.findings}


@pytest.mark.parametrize(
    ("cell", "separator", "labels"),
    [
        ("a;b ; c", ";", ["a", "b", "c"]),
        ("a, b", "", ["a, b"]),
        ('["a", "b,c", "a"]', ";", ["a", "b,c"]),
        ("['a', 'b']", ";", ["a", "b"]),
        ("[]", ";", []),
        ("  ", ";", []),
        (["x y", " ", "z"], ";", ["x y", "z"]),
    ],
)
def test_a_cell_is_taken_apart(cell: str | list[str], separator: str, labels: list[str]) -> None:
    assert labels_in(cell, separator) == labels


def test_the_sign_between_labels_is_the_one_that_most_cells_have() -> None:
    assert separator_of(["a|b", "c, d|e", "f"]) == "|"
    assert separator_of(["a", ["b;c"], '["d;e"]']) == ""


def test_columns_of_0_and_1_that_stand_together_are_labels(tmp_path: Path) -> None:
    record, folder = build(tmp_path, table(tmp_path, "comment,bug,praise,ask", ["1,0,1", "0,1,0", "0,0,1", "0,0,0"]))
    assert (record.task, record.label_names) == (TEXTS, ("ask", "bug", "praise"))
    assert {"indicators", "unlabelled_rows"} <= codes(record)
    assert not {"imbalance", "conflicting_labels", "number_labels"} & codes(record)
    rows = store.read_rows(folder, "train")
    assert [] in rows["labels"]
    assert [0, 1] in rows["labels"]
    again, _ = build(tmp_path, tmp_path / "a.csv", {"text": "comment", "labels": "labels"})
    assert again.labels == record.labels


@pytest.mark.parametrize("head", ["text,genres", "text,label"])
def test_names_between_separators_are_labels_under_such_a_header_or_where_asked(tmp_path: Path, head: str) -> None:
    path = table(tmp_path, head, ["Drama|Comedy", "Drama", "Comedy", "", "Action|Comedy"])
    named = "genres" in head
    first, _ = build(tmp_path, path)
    assert first.task == (TEXTS if named else "text_classification")
    assert ("several_labels" in codes(first)) is not named
    record, _ = build(tmp_path, path, task=TEXTS)
    assert record.label_names == ("Action", "Comedy", "Drama")
    assert (record.skipped_count, record.rows) == (0, 80)
    assert build(tmp_path, path, {"label": head.partition(",")[2]})[0].task == "text_classification"


def test_lists_are_labels_and_every_side_of_the_split_gets_the_rare_ones(tmp_path: Path) -> None:
    lists = [["common"], ["common", "often"], [], ["rare", "common"]]
    rows = [{"text": f"some words {i}", "labels": lists[3] if i % 40 == 0 else lists[i % 3]} for i in range(1200)]
    record, folder = build(tmp_path, write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))))
    assert record.task == TEXTS
    rare = record.label_names.index("rare")
    counts = [sum(rare in row for row in store.read_rows(folder, split)["labels"]) for split in store.SPLITS]
    assert counts == [24, 3, 3]
    assert "absent_classes" not in codes(record)


def mended(folder: Path, code: str) -> tuple[Rows, Rows, int]:
    rows, _ = load(folder)
    after, (done,) = carry_out(rows, {"codes": [code]}, None)
    assert done.removed == 0
    return rows, after, done.changed


def test_the_check_up_speaks_of_labels_and_its_mends_keep_the_rows(tmp_path: Path) -> None:
    cells = ["all;Drama", "all;drama", "all;drama;Drama", "all;Comedy"]
    record, folder = build(tmp_path, table(tmp_path, "text,genres", [*cells, *cells, "all;once"], 200))
    assert {"similar_labels", "constant_labels"} <= codes(record)
    before, after, changed = mended(folder, "similar_labels")
    assert sorted({before.labels[i] for i in before.classes()} - {after.labels[i] for i in after.classes()}) in (
        ["Drama"], ["drama"],
    )  # fmt: skip
    both = sum({"drama", "Drama"} <= {before.labels[i] for i in row} for row in before.table["labels"].to_pylist())
    assert both > 0
    assert len(after.classes()) == len(before.classes()) - both
    assert changed >= both
    _, after, changed = mended(folder, "constant_labels")
    assert (changed, len(after)) == (200, 200)
    assert "all" not in {after.labels[i] for i in after.classes()}
    with pytest.raises(InvalidOption, match="one class each"):
        from studio.data.checkup import correct
        from studio.settings import load as settings

        correct(settings(workspace=tmp_path), record, {0: "all"}, print)


def test_one_label_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooFewClasses, match="fewer than two labels"):
        build(tmp_path, table(tmp_path, "text,labels", ["a", ""]), task=TEXTS)


@pytest.mark.parametrize("form", ["flags", "lists", "names", "rows"])
def test_a_labels_file_gives_images_several_labels(tmp_path: Path, form: str) -> None:
    chosen = [("cat", "dog"), ("dog",), ()]
    rows = [(f"{i}.png", chosen[i % (2 if form in ("names", "rows") else 3)]) for i in range(60)]
    contents = {
        "flags": "file,cat,dog\n" + "".join(f"{f},{'cat' in row:d},{'dog' in row:d}\n" for f, row in rows),
        "lists": "\n".join(json.dumps({"file": f, "labels": row}) for f, row in rows),
        "names": "file,label\n" + "".join(f"{f},{';'.join(row)}\n" for f, row in rows),
        "rows": "file,label\n" + "".join(f"{f},{label}\n" for f, row in rows for label in row),
    }
    name = "labels.jsonl" if form == "lists" else "labels.csv"
    members = {f: png(i) for i, (f, _) in enumerate(rows)} | {name: contents[form].encode()}
    record, folder = build(tmp_path, archive(tmp_path / "a.zip", members), task=IMAGES if form == "names" else None)
    assert (record.task, record.label_names, record.rows) == (IMAGES, ("cat", "dog"), 60)
    assert ("unlabelled_rows" in codes(record)) is (form in ("flags", "lists"))
    train = store.read_rows(folder, "train")
    wanted = [[record.label_names.index(label) for label in dict(rows)[file]] for file in train["line"]]
    assert train["labels"] == wanted
    assert np.load(folder / "images.npy").shape == (60, 40, 40, 3)


def test_rows_that_say_the_same_of_an_image_count_once_and_others_are_all_kept(tmp_path: Path) -> None:
    flat = {f"{i}.png": png(i) for i in range(60)}
    rows = [f"{name},{('cat', 'dog')[i % 2]}" for i, name in enumerate(flat)]
    boxes = "\n".join(["file,class,x", *(f"{row},{x}" for row in rows for x in range(3))])
    found = images(archive(tmp_path / "a.zip", {**flat, "boxes.csv": boxes.encode()}))
    assert Counter(item.label for item in found.items) == {"cat": 30, "dog": 30}
    two = "\n".join(["file,class", *rows, "0.png,cow", "0.png,cat", "1.png,", "2.png,dog"])
    path = archive(tmp_path / "b.zip", {**flat, "labels.csv": two.encode()})
    lists = {as_cell(["cat", "cow"]): 1, as_cell(["cat", "dog"]): 1}
    assert Counter(item.label for item in images(path).items) == {"cat": 28, "dog": 30, **lists}
    record, _ = build(tmp_path, path)
    assert record.label_names == ("cat", "cat, cow", "cat, dog", "dog")
    assert "several_labels" in codes(record)
