"""CoNLL files become sentences of words and tags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.data import tags
from studio.errors import DataError, EmptyFile
from tests.data_helpers import build, table, write


def test_sentences_end_at_empty_lines_and_document_marks_are_skipped(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.txt", "-DOCSTART- -X- O\r\n\r\nAnna  NN\tB-PER\r\nruns O\r\n\r\nBonn B-LOC"))
    assert list(read.columns["tokens"]) == [["Anna", "runs"], ["Bonn"]]
    assert list(read.columns["tags"]) == [["B-PER", "O"], ["B-LOC"]]
    assert list(read.lines) == [3, 6]


@pytest.mark.parametrize("columns", [2, 3, 4, 5])
def test_the_first_column_is_the_word_and_the_last_the_tag(tmp_path: Path, columns: int) -> None:
    between = ["NNP", "I-NP", "17"][: columns - 2]
    lines = [" ".join([word, *between, tag]) for word, tag in (("Anna", "I-PER"), ("in", "O"), ("Bonn", "I-LOC"))]
    read = table(write(tmp_path, "a.conll", "# sent_id = 1\n" + "\n".join(lines) + "\n\n" + "\n".join(lines)))
    assert list(read.columns["tokens"]) == [["Anna", "in", "Bonn"]] * 2
    assert list(read.columns["tags"]) == [["I-PER", "O", "I-LOC"]] * 2


def test_a_word_without_a_tag_is_named_and_its_sentence_left_out(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.conll", "a O\n\nb O\nc\nd O\n\ne O\n"))
    assert list(read.columns["tokens"]) == [["a"], ["e"]]
    assert [item.where for item in read.skipped.items] == ["4"]
    assert "begins on line 3" in read.skipped.items[0].why


def test_a_wide_space_is_a_word(tmp_path: Path) -> None:
    assert table(write(tmp_path, "a.conll", "\u3000 O\n好 O\n")).columns["tokens"][0] == ["\u3000", "好"]


def test_a_file_without_sentences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match="no sentence with tags"):
        table(write(tmp_path, "a.conll", "word\nword\n"))


@pytest.mark.parametrize(
    ("given_tags", "bio"),
    [
        ("I-PER I-PER O I-LOC B-LOC", "B-PER I-PER O B-LOC B-LOC"),  # IOB1
        ("B-PER E-PER O S-LOC", "B-PER I-PER O B-LOC"),  # BIOES
        ("B-PER I-PER L-PER U-LOC", "B-PER I-PER I-PER B-LOC"),  # BILOU
        ("B-PER M-PER E-PER S-LOC", "B-PER I-PER I-PER B-LOC"),  # BMES
        ("PER PER O LOC PER", "B-PER I-PER O B-LOC B-PER"),  # bare types
        ("B-PER I-LOC", "B-PER B-LOC"),
    ],
)
def test_every_tag_scheme_becomes_bio(given_tags: str, bio: str) -> None:
    words = given_tags.split()
    assert tags.to_bio(words, tags.typed(words)) == bio.split()


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "E-A", "S-B"]), max_size=12))
def test_bio_never_begins_an_entity_with_inside_and_is_stable(row: list[str]) -> None:
    bio = tags.to_bio(row, bare=False)
    for before, tag in zip(["O", *bio], bio, strict=False):
        assert not tag.startswith("I-") or before[2:] == tag[2:]
    assert tags.to_bio(bio, bare=False) == bio


def test_a_hash_with_a_tag_is_a_word_and_a_sentence_after_a_hash_is_not(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.conll", "# Anna met us\nAnna B-PER\n# O\n1 O\n\n# plan\nBonn B-LOC\n#\tB-MISC\n"))
    assert list(read.columns["tokens"]) == [["Anna", "#", "1"], ["Bonn", "#"]]
    speech = table(write(tmp_path, "b.conll", "# text two\nNo SYM\n# SYM\n1 NUM\n\n# comment\nx SYM\n"))
    assert list(speech.columns["tokens"]) == [["No", "#", "1"], ["x"]]


def test_a_sentence_with_several_words_without_tags_is_one_skipped_row(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.conll", "a O\n\nb\nc\nd O\n\ne O\n"))
    assert (read.skipped.count, read.skipped.items[0].where) == (1, "3")


def test_parts_of_speech_stay_as_they_are() -> None:
    words = ["NOUN", "NOUN", "VERB"]
    assert tags.to_bio(words, tags.typed(words)) == words


def test_tags_that_are_numbers_are_refused_with_the_wish_for_their_names(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"tokens": ["a", f"b{i}"], "tags": [0, i % 3]}) + "\n" for i in range(40))
    with pytest.raises(DataError, match=r"tags are numbers.*Tags: 0, 1, 2\..*Write the names"):
        build(tmp_path, write(tmp_path, "a.jsonl", rows))
