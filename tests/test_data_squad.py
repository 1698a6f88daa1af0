"""Questions and answers in the SQuAD layout become one row per question; wrong places of answers are found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.data.formats import recognise
from studio.errors import DataError, EmptyFile
from tests.data_helpers import table, write

_CONTEXT = "Ann lives in Rome. Bob lives in Rome too."


def _question(name: str, *answers: tuple[str, Any]) -> dict[str, Any]:
    given = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": name, "question": f"question {name}?", "answers": given}


def _squad(*questions: dict[str, Any], context: str = _CONTEXT) -> str:
    paragraphs = [{"context": context, "qas": list(questions)}]
    return json.dumps({"version": "1.1", "data": [{"title": "People", "paragraphs": paragraphs}]})


def test_every_question_is_a_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", _squad(_question("1", ("Rome", 13), ("Rome.", 13)), _question("2", ("Bob", 19))))
    read = table(path)
    assert recognise(path).name == "squad"
    assert {name: list(cells) for name, cells in read.columns.items()} == {
        "id": ["1", "2"],
        "title": ["People", "People"],
        "question": ["question 1?", "question 2?"],
        "context": [_CONTEXT, _CONTEXT],
        "answer": ["Rome", "Bob"],
        "answers": [["Rome", "Rome."], ["Bob"]],
        "answer_starts": ["13 13", "19"],
    }
    assert read.notes == ()


@pytest.mark.parametrize(("said", "found"), [(10, "13"), (30, "32"), (-5, "13"), (10**9, "32"), (None, "13")])
def test_a_wrong_place_is_mended_by_the_nearest_right_one(tmp_path: Path, said: int | None, found: str) -> None:
    read = table(write(tmp_path, "a.json", _squad(_question("1", ("Rome", said)))))
    assert list(read.columns["answer_starts"]) == [found]
    assert [(n.code, n.count, n.examples) for n in read.notes] == [("answers_moved", 1, ["1"])]


def test_answers_that_are_not_there_are_reported_and_left_out(tmp_path: Path) -> None:
    read = table(
        write(tmp_path, "a.json", _squad(_question("1", ("Paris", 3)), _question("2"), _question("3", ("", 0))))
    )
    assert list(read.columns["answer"]) == ["", "", ""]
    assert {n.code: n.examples for n in read.notes} == {"answers_lost": ["1", "3"], "no_answer": ["2"]}


def test_places_count_from_the_first_letter_that_is_kept(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.json", _squad(_question("1", ("Ann", 2)), context="  " + _CONTEXT)))
    assert (read.columns["context"][0], list(read.columns["answer_starts"])) == (_CONTEXT, ["0"])
    assert read.notes == ()


def test_entries_of_another_shape_are_listed(tmp_path: Path) -> None:
    value = json.loads(_squad(_question("1", ("Rome", 13))))
    value["data"][0]["paragraphs"] += [{"qas": [_question("2")]}, {"context": "x", "qas": [{"id": "3"}]}, 5]
    read = table(write(tmp_path, "a.json", json.dumps(value)))
    assert len(read) == 1
    assert [item.why for item in read.skipped.items] == ["The paragraph has no text.", "The entry has no question."]


def test_what_is_broken_or_holds_no_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not valid JSON"):
        table(write(tmp_path, "a.json", _squad(_question("1"))[:-5]))
    with pytest.raises(EmptyFile, match="holds no records"):
        table(write(tmp_path, "a.json", _squad()))
