"""Held-out rows stay held out: those of the main file too, when files for valid or test are given beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import store
from studio.errors import TooFewRows
from tests.data_helpers import archive, build, png, reviews, write


def _marked(tmp_path: Path, splits: tuple[str, ...]) -> Path:
    rows = "".join(f"words {i},c{i % 2},{splits[i // 2 % len(splits)]}\n" for i in range(60))
    return write(tmp_path, "main.csv", f"text,label,split\n{rows}")


def test_rows_of_the_main_file_keep_their_split_or_are_left_out_for_a_given_file(tmp_path: Path) -> None:
    test = write(tmp_path, "test.csv", "text,label\nnew one,c0\nnew two,c1\n")
    record, folder = build(tmp_path, _marked(tmp_path, ("train", "dev", "test")), test=test)
    assert record.splits == {"train": 20, "valid": 20, "test": 2}
    assert store.read_rows(folder, "test")["text"] == ["new one", "new two"]
    [found] = [finding for finding in record.findings if finding.code == "replaced_rows"]
    assert (found.count, found.examples[0]) == (20, "main.csv:6")


def test_images_of_the_main_archive_keep_their_split_or_are_left_out_for_a_given_one(tmp_path: Path) -> None:
    def members(splits: tuple[str, ...], first: int) -> dict[str, bytes]:
        names = [f"{split}{c}/{i}.png" for split in splits for c in ("cat", "dog") for i in range(6)]
        return {name: png(first + place) for place, name in enumerate(names)}

    main = archive(tmp_path / "main.zip", members(("train/", "valid/", "test/"), 0))
    record, folder = build(tmp_path, main, test=archive(tmp_path / "new.zip", members(("",), 100)))
    assert record.splits == {"train": 12, "valid": 12, "test": 12}
    assert not any(line.startswith("test/") for line in store.read_rows(folder, "test")["line"])
    assert [finding.count for finding in record.findings if finding.code == "replaced_rows"] == [12]


def test_a_given_test_file_never_becomes_training_rows(tmp_path: Path) -> None:
    blank = write(tmp_path, "main.csv", "text,label\n" + "".join(f"words {i},nan\n" for i in range(40)))
    with pytest.raises(TooFewRows, match="no rows to train on"):
        build(tmp_path, blank, test=write(tmp_path, "test.csv", reviews(40)))
    with pytest.raises(TooFewRows, match="no rows to train on"):
        build(tmp_path, _marked(tmp_path, ("test",)), test=write(tmp_path, "test.csv", reviews(40)))


def test_where_every_row_was_skipped_the_error_says_so(tmp_path: Path) -> None:
    rows = "".join(f"words {i},nan,{('train', 'test')[i % 2]}\n" for i in range(40))
    with pytest.raises(TooFewRows, match=r"40 were skipped, the first at a\.csv:2: The label is 'nan'"):
        build(tmp_path, write(tmp_path, "a.csv", f"text,label,split\n{rows}"), {"label": "label"})
