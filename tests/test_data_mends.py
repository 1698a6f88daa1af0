"""Mends are written down with what they did, and labels are corrected row by row in a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import checkup, store
from studio.data.store import DatasetRecord, Mend
from studio.errors import InvalidOption
from studio.settings import Settings
from tests.data_helpers import build, reviews, write


def _silent(_: dict[str, object]) -> None:
    pass


def _texts(settings: Settings, record: DatasetRecord) -> dict[str, str]:
    """The class of each text."""
    found: dict[str, str] = {}
    for split in store.SPLITS:
        rows = store.read_rows(settings.datasets / record.id, split)
        found |= {text: record.label_names[label] for text, label in zip(rows["text"], rows["label"], strict=True)}
    return found


def test_mends_are_recorded_one_after_the_other_with_the_way_back(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    rows = reviews(60) + "text number 3,class1\ntext number 4!,class0\n"
    record, _ = build(tmp_path, write(tmp_path, "a.csv", rows))
    first = checkup.mend(settings, record, ["duplicates"], _silent)
    assert (first.mends, first.original) == ([Mend(code="duplicates", removed=1, changed=0)], record.id)
    second = checkup.mend(settings, first, ["near_duplicates"], _silent)
    assert [mend.code for mend in second.mends] == ["duplicates", "near_duplicates"]
    assert (second.original, second.name) == (first.id, "x (mended)")
    assert second.options["mended"] == "duplicates,near_duplicates"
    assert store.read(settings.datasets / second.id) == second


def test_labels_are_corrected_and_rows_taken_out_by_their_number(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    record, folder = build(tmp_path, write(tmp_path, "a.csv", reviews(60)))
    train, test = (store.read_rows(folder, split) for split in ("train", "test"))
    last = record.rows - 1
    before = _texts(settings, record)
    changed, gone = train["text"][0], test["text"][-1]
    other = "class1" if before[changed] == "class0" else "class0"
    copy = checkup.correct(settings, record, {0: other, last: None}, _silent)
    after = _texts(settings, copy)
    assert after[changed] == other
    assert after == {text: label for text, label in (before | {changed: other}).items() if text != gone}
    assert copy.mends == [Mend(code="wrong_labels", removed=1, changed=1)]
    assert copy.fingerprint != record.fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [({60: "class0"}, "no row 60"), ({-1: None}, "no row -1"), ({0: "clas"}, "no class 'clas'"), ({}, "No row")],
    ids=["beyond", "negative", "class", "nothing"],
)
def test_corrections_that_cannot_be_are_refused(tmp_path: Path, changes: dict[int, str | None], message: str) -> None:
    record, _ = build(tmp_path, write(tmp_path, "a.csv", reviews(60)))
    with pytest.raises(InvalidOption, match=message):
        checkup.correct(Settings(workspace=tmp_path), record, changes, _silent)


def test_words_with_tags_are_not_corrected_one_by_one(tmp_path: Path) -> None:
    sentences = "".join(f"Anna{i} B-PER\nran O\n\n" for i in range(30))
    record, _ = build(tmp_path, write(tmp_path, "a.conll", sentences))
    with pytest.raises(InvalidOption, match="one class each"):
        checkup.correct(Settings(workspace=tmp_path), record, {0: None}, _silent)
