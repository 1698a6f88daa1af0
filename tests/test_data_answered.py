"""Questions with answers in texts: found by their headers, placed in characters, kept apart by their texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.data import overview, store
from studio.data.places import start_of
from studio.errors import MissingColumn, TooFewClasses
from studio.tasks import TASKS
from tests.data_helpers import build, table, write

HEAD = "question,context,answer\n"


def asked(number: int, answer: str = "") -> str:
    return (
        f"Who is {number}?,This is text {number // 2} about Ann{number} and Bob{number}.,{answer or f'Ann{number}'}\n"
    )


def rows_of(folder: Path) -> dict[str, list[object]]:
    parts = [store.read_rows(folder, split) for split in store.SPLITS]
    return {name: [cell for part in parts for cell in part[name]] for name in parts[0]}


def answers(folder: Path) -> dict[str, list[str]]:
    """The answers of each question, as they stand in its text."""
    rows = rows_of(folder)
    found = {}
    for question, context, flat in zip(rows["question"], rows["context"], rows["answers"], strict=True):
        pairs = zip(flat[::2], flat[1::2], strict=True)  # type: ignore[index]
        found[str(question)] = [str(context)[start:end] for start, end in pairs]
    return found


def test_a_table_is_read_as_questions_by_its_headers(tmp_path: Path) -> None:
    content = (
        HEAD + "".join(asked(n, "none at all" if n == 7 else "") for n in range(30)) + "Lost?,A text 🎬 of Ann.,\n"
    )
    record, folder = build(tmp_path, write(tmp_path, "a.csv", content))
    assert record.task == "question_answering"
    assert {c.name: c.role for c in record.columns} == {n: n for n in ("question", "context")} | {"answer": "answers"}
    found = answers(folder)
    assert (len(found), found["Who is 3?"], found["Lost?"]) == (30, ["Ann3"], [])
    assert [(f.code, f.count) for f in record.findings if f.code == "lost_answers"] == [("lost_answers", 1)]
    assert [item.why for item in record.skipped] == ["None of its answers stands in the text."]
    assert record.labels == []
    counted = overview.answers(folder, TASKS[record.task])
    assert [sum(entry[split] for split in store.SPLITS) for entry in counted] == [29, 1]


def test_questions_about_one_text_stay_in_one_split(tmp_path: Path) -> None:
    lines = "".join(f"Who is {n}?,This is text {n % 12} about Ann.,Ann\n" for n in range(96))
    _, folder = build(tmp_path, write(tmp_path, "a.csv", HEAD + lines))
    texts = [set(store.read_rows(folder, split)["context"]) for split in store.SPLITS]
    assert all(texts)
    assert sum(map(len, texts)) == 12


def test_starts_say_which_of_several_places_is_meant(tmp_path: Path) -> None:
    lines = [
        {
            "question": f"q{n}",
            "context": "Ann saw 🎬 Ann.",
            "answers": {"text": ["Ann", "🎬 Ann"], "answer_start": [10, 8]},
        }
        for n in range(30)
    ]
    path = write(tmp_path, "a.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    record, folder = build(tmp_path, path)
    assert record.task == "question_answering"
    assert {c.name: c.role for c in record.columns}["answers.answer_start"] == "starts"
    assert rows_of(folder)["answers"][0] == [10, 13, 8, 13]


def test_squad_files_are_read_with_all_answers_and_with_none(tmp_path: Path) -> None:
    def question(n: int) -> dict[str, object]:
        text, start = ("Rome", 13) if n % 2 else ("Ann", 0)
        said = [{"text": text, "answer_start": start}] * 2 if n % 5 else []
        said = [{"text": "Paris", "answer_start": 3}] if n == 1 else said
        return {"id": str(n), "question": f"question {n}?", "answers": said, "is_impossible": not said}

    paragraphs = [
        {"context": f"Ann lives in Rome {n}.", "qas": [question(2 * n), question(2 * n + 1)]} for n in range(20)
    ]
    content = {"version": "v2.0", "data": [{"title": "People", "paragraphs": paragraphs}]}
    record, folder = build(tmp_path, write(tmp_path, "a.json", json.dumps(content)))
    assert record.task == "question_answering"
    found = answers(folder)
    assert "question 1?" not in found  # its answer is not in the text, which is not the same as having none
    assert (found["question 3?"], found["question 4?"], found["question 5?"]) == (["Rome"], ["Ann"], [])
    assert len(found) == 39


def test_yes_and_no_to_a_question_are_classes(tmp_path: Path) -> None:
    lines = "".join(f"Is {n} so?,A text about {n} that says little.,{'yes' if n % 2 else 'no'}\n" for n in range(40))
    with pytest.raises(MissingColumn):  # no column of texts beside the question's is a second text by its header
        build(tmp_path, write(tmp_path, "a.csv", "question,passage,answer\n" + lines), task="text_regression")
    record, _ = build(tmp_path, write(tmp_path, "b.csv", "question,passage,answer\n" + lines))
    assert record.task != "question_answering"


def test_rows_that_all_have_no_answer_are_refused(tmp_path: Path) -> None:
    lines = "".join(f"Who is {n}?,This is text {n}.,\n" for n in range(30))
    with pytest.raises(TooFewClasses, match="No row to train on has an answer"):
        build(tmp_path, write(tmp_path, "a.csv", HEAD + lines), task="question_answering")


def test_columns_with_other_headers_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "frage,absatz,loesung,ab\n" + "".join(asked(n)[:-1] + ",23\n" for n in range(30)))
    with pytest.raises(MissingColumn, match="answers"):
        build(tmp_path, path, task="question_answering")
    named = {"question": "frage", "context": "absatz", "answers": "loesung", "starts": "ab"}
    record, folder = build(tmp_path, path, named, task="question_answering")
    assert [column.role for column in record.columns] == ["question", "context", "answers", "starts"]
    assert answers(folder)["Who is 8?"] == ["Ann8"]


def test_a_table_of_questions_reads_lists_of_answers(tmp_path: Path) -> None:
    read = table(write(tmp_path, "a.jsonl", '{"question": "q", "context": "a b", "answers": ["a", "b"]}\n' * 2))
    assert read.columns["answers"][0] == ["a", "b"]


@pytest.mark.parametrize(
    ("said", "found"), [(None, 0), (0, 0), (8, 8), (7, 8), (3, 0), (99, 8), (-4, 0)], ids=lambda value: str(value)
)
def test_an_answer_is_where_it_is_said_to_be_or_nearest_to_that(said: int | None, found: int) -> None:
    assert start_of("Ann saw Ann.", "Ann", said) == found


def test_what_does_not_stand_in_the_text_has_no_place() -> None:
    assert start_of("Ann saw Ann.", "Bob") == -1
    assert start_of("Ann", "") == -1
