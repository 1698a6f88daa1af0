"""The check-up notices what makes a dataset worse than it looks, and mends what can be mended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.data import checkup, mends, writer
from studio.data.checks import classes
from studio.data.checkup import mend
from studio.data.formats._records import SkipLog
from studio.data.rows import settle
from studio.data.store import DatasetRecord, Finding, read_rows
from studio.errors import InvalidOption
from studio.settings import Settings
from tests.data_helpers import archive, build, png, reviews, write


def _finding(record: DatasetRecord, code: str) -> Finding:
    return next(finding for finding in record.findings if finding.code == code)


def _mended_codes(folder: Path, codes: list[str]) -> set[str]:
    """What is still found after a mend, without writing it."""
    rows, _ = writer.load(folder)
    return {finding.code for finding in checkup.findings(settle(mends.mend(rows, codes), SkipLog()))}


def test_a_clean_dataset_has_no_findings(tmp_path: Path) -> None:
    assert build(tmp_path, write(tmp_path, "a.csv", reviews(60)))[0].findings == []


def test_repeated_rows_are_counted_shown_and_mended(tmp_path: Path) -> None:
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(60) + "text number 3,class1\n" * 2))
    finding = _finding(record, "duplicates")
    assert (finding.count, finding.examples, finding.fix) == (2, ["text number 3"] * 2, "duplicates")
    assert "duplicates" not in _mended_codes(folder, ["duplicates"])


def test_texts_under_two_classes_are_mended_by_majority_or_left_out(tmp_path: Path) -> None:
    odd = "text number 3,class0\n" + "text number 4,class1\n" * 2
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(60) + odd))
    assert _finding(record, "conflicting_labels").count == 2
    rows = mends.mend(writer.load(folder)[0], ["conflicting_labels"])
    pairs = [
        (t, c) for t, c in zip(rows.column("text").to_pylist(), rows.classes(), strict=True) if t[-2:] in (" 3", " 4")
    ]
    assert pairs == [("text number 4", 1)] * 2


def test_overlap_is_taken_out_of_train_and_the_test_stays_whole(tmp_path: Path) -> None:
    test = write(tmp_path, "test.csv", "text,label\nTEXT number 3,class1\nnew,class0\n")
    record, folder = build(tmp_path, write(tmp_path, "train.csv", reviews(60)), test=test)
    assert _finding(record, "overlap").message.startswith("1 of 2 test rows are also among the rows trained")
    rows = mends.mend(writer.load(folder)[0], ["overlap"])
    assert np.bincount(rows.splits).tolist()[2] == 2
    assert len(rows) == 61
    assert "overlap" not in _mended_codes(folder, ["overlap"])


def test_tiny_and_absent_classes_are_named(tmp_path: Path) -> None:
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(60) + "one more,rare\n"))
    assert _finding(record, "tiny_classes").examples == ["rare (1)"]
    assert _finding(record, "absent_classes").examples == ["rare (valid)", "rare (test)"]
    assert _finding(record, "imbalance").severity == "warning"
    assert _mended_codes(folder, ["tiny_classes"]) == set()


def test_spellings_of_one_class_are_merged_into_the_usual_one(tmp_path: Path) -> None:
    rows = "".join(f"words {i},{('card_lost', 'Card Lost', 'card_lost', 'other')[i % 4]}\n" for i in range(80))
    record, folder = build(tmp_path, write(tmp_path, "a.csv", f"text,label\n{rows}"))
    assert _finding(record, "similar_labels").examples == ["Card Lost / card_lost"]
    merged = settle(mends.mend(writer.load(folder)[0], ["similar_labels"]), SkipLog())
    assert merged.labels == ("card_lost", "other")
    assert np.bincount(merged.classes()).tolist() == [60, 20]


def test_signs_of_numbers_are_no_spelling() -> None:
    assert classes.alike(["-1", "1", "+1", "1.5", "15"]) == []


def test_long_texts_are_estimated_by_script(tmp_path: Path) -> None:
    long = f"{'word ' * 600},class0\n{'好' * 600},class1\n{'word ' * 300},class1\n"
    record, _ = build(tmp_path, write(tmp_path, "a.csv", reviews(60) + long))
    assert _finding(record, "long_texts").count == 2
    assert all(len(example) <= 200 for example in _finding(record, "long_texts").examples)


def test_the_same_image_under_two_classes_is_noticed(tmp_path: Path) -> None:
    members = {f"{c}/{i}.png": png(100 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(20)}
    record, _ = build(tmp_path, archive(tmp_path / "a.zip", {**members, "dog/x.png": png(3)}))
    assert _finding(record, "conflicting_labels").message == "1 image stands under different classes."


def test_the_same_sentence_with_other_tags_is_noticed_and_mended(tmp_path: Path) -> None:
    sentences = "".join(f"Anna{i} B-PER\nran O\n\n" for i in range(30)) + "Anna3 O\nran O\n\n"
    record, folder = build(tmp_path, write(tmp_path, "a.conll", sentences))
    assert _finding(record, "conflicting_labels").message == "1 sentence stands under different tags."
    assert _mended_codes(folder, ["conflicting_labels"]) == set()


def test_a_mended_copy_is_a_dataset_of_its_own(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(60) + "text number 3,class1\n"))
    before = (folder / "dataset.json").read_bytes()
    phases: list[str] = []
    copy = mend(settings, record, ["duplicates"], lambda progress: phases.append(progress["phase"]))
    assert (copy.name, copy.rows, copy.id != record.id) == ("x (mended)", 60, True)
    assert copy.split_note.endswith("Mended: 1 row taken out.")
    assert [finding.code for finding in copy.findings] == []
    assert len(read_rows(settings.datasets / copy.id, "train")["text"]) == copy.splits["train"]
    assert (folder / "dataset.json").read_bytes() == before
    with pytest.raises(InvalidOption, match=r"'overlap'.*This dataset has: duplicates"):
        mend(settings, record, ["overlap"], lambda progress: None)
    with pytest.raises(InvalidOption, match="nothing to mend"):
        mend(settings, copy, ["duplicates"], lambda progress: None)


def test_images_are_mended_too(tmp_path: Path) -> None:
    members = {f"{c}/{i}.png": png(100 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(20)}
    record, _ = build(tmp_path, archive(tmp_path / "a.zip", {**members, "dog/x.png": png(105)}))
    settings = Settings(workspace=tmp_path)
    copy = mend(settings, record, ["duplicates"], lambda progress: None)
    pixels = np.load(settings.datasets / copy.id / "images.npy", mmap_mode="r")
    assert copy.rows == len(pixels) == 40
    assert copy.image_size == record.image_size
