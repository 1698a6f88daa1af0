"""What is said under the sentence: classes, rows of each split, skipped rows, and when to read again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio.ui.panels.data_facts import facts, hint, skipped, split_note
from studio.ui.words import speaker
from tests.data_panel import HOSTILE, Elements, assert_harmless, record

SAY, CHINESE_SAY = speaker("en"), speaker("zh")
SPLITS = Path(__file__).parent.parent / "studio" / "data" / "splits.py"


def test_classes_and_rows_of_each_split_are_counted() -> None:
    said = Elements(facts(record(splits={"train": 8000, "valid": 1000, "test": 1000}), False, SAY)).words
    assert "2 classes" in said
    assert "8,000 to train / 1,000 to choose the best / 1,000 to test" in said


def test_tags_are_counted_as_kinds_of_entities() -> None:
    labels = [{"name": name, "count": 1} for name in ("B-LOC", "B-PER", "I-PER", "O")]
    assert "2 kinds of entities" in Elements(facts(record(labels=labels), True, SAY)).words


def test_every_way_of_splitting_is_told_in_chinese() -> None:
    source = SPLITS.read_text(encoding="utf-8")
    notes = re.findall(r'"((?:Split at random|The data\'s own)[^"]+)"', source)
    assert len(notes) == 5
    assert all(re.search("[\u4e00-\u9fff]", split_note(note, CHINESE_SAY)) for note in notes)
    assert [split_note(note, SAY) for note in notes] == notes


def test_what_a_mend_took_out_follows() -> None:
    note = "The data's own train, valid and test rows are used. Mended: 3 rows taken out."
    assert split_note(note, SAY) == note
    assert split_note(note, CHINESE_SAY).startswith("使用数据自带的")


def test_skipped_rows_are_listed_behind_their_number() -> None:
    dataset = record(skipped=[{"where": "a.csv:3", "why": "The text is empty."}], skipped_count=501)
    said = Elements(skipped(dataset, SAY)).words
    assert "501 rows could not be used" in said
    assert "a.csv:3" in said
    assert "500 more are not listed." in said
    assert skipped(record(), SAY) is None
    assert "文本是空的。" in Elements(skipped(dataset, CHINESE_SAY)).words


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_places_and_reasons_are_shown_as_text(text: str) -> None:
    assert_harmless(facts(record(skipped=[{"where": text, "why": text}], skipped_count=1, split_note=text), False, SAY))


def test_the_button_says_why_it_waits_and_what_reading_a_mended_dataset_undoes() -> None:
    assert "then read the file again" in Elements(hint(record(), SAY)).words
    assert "what was mended" not in Elements(hint(record(), SAY, changed=True)).words
    assert "what was mended" in Elements(hint(record(options={"mended": "duplicates"}), SAY, changed=True)).words
