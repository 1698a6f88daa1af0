"""Counts agree with scikit-learn and seqeval; examples are the rows that were meant, in the order asked for."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import files, sealed
from studio.contracts import Answer
from studio.data import store
from studio.runs import outcome
from studio.runs.kept import Kept
from studio.runs.outcome import Choice
from studio.runs.store import Run
from tests import tiny
from tests.finished import answered, finish, finished, tagged

NAMES = ("negative", "neutral", "positive")


def kept(true: list[int], guess: list[int], labels: tuple[str, ...]) -> Kept:
    count = np.arange(len(true) + 1)
    return Kept(Path(), labels, np.array(true), np.array(guess), np.full(len(true), 0.5), count, count[:-1])


def dataset(run: Run) -> Path:
    return run.folder.parent.parent / "datasets" / run.spec().dataset


@pytest.fixture
def texts(tmp_path: Path) -> Run:
    """Nine answers of which four are wrong: the third most surely."""
    scores = (0.9, 0.8, 0.99, 0.7, 0.6, 0.5, 0.4, 0.95, 0.55)
    rows = [
        answered(NAMES[i % 3], NAMES[(i % 3 + (i % 2 == 0 and i < 8)) % 3], score, f"test.csv:{i + 2}")
        for i, score in enumerate(scores)
    ]
    return finished(tmp_path, "text_classification", rows)


@settings(deadline=None)  # the first example loads a library
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_the_table_of_classes_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    true, guess = [a for a, _ in pairs], [b for _, b in pairs]
    found = kept(true, guess, ("a", "b", "c", "d"))
    table = outcome.classes(found, Answer.LABEL)
    wanted = precision_recall_fscore_support(true, guess, labels=range(4), zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), wanted, strict=True):
        assert [entry[name] for entry in table] == pytest.approx(values.tolist())
    assert [entry["predicted"] for entry in table] == np.bincount(guess, minlength=4).tolist()
    assert outcome.confusion(found)["counts"] == confusion_matrix(true, guess, labels=range(4)).tolist()


def test_the_table_of_entities_is_that_of_seqeval(tmp_path: Path) -> None:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    random = np.random.default_rng(0)
    tags = [[tiny.TAGS[i] for i in random.integers(0, 3, 6)] for _ in range(18)]
    rows = [tagged(true, guess, [0.5] * 6) for true, guess in zip(tags[:9], tags[9:], strict=True)]
    found = outcome.read(finished(tmp_path, "token_classification", rows))
    assert found.kept is not None
    table = outcome.classes(found.kept, found.answer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = precision_recall_fscore_support(tags[:9], tags[9:], average=None)
    assert [entry["name"] for entry in table] == ["LOC", "PER"]
    for name, values in zip(("precision", "recall", "f1", "support"), wanted, strict=True):
        assert [entry[name] for entry in table] == pytest.approx(list(values))
    assert outcome.confusion(found.kept)["labels"] == list(tiny.TAGS)


def test_of_many_classes_the_confusion_shows_those_with_most_mistakes_in_their_usual_order() -> None:
    labels = tuple(f"c{i:03d}" for i in range(100))
    true = [*range(100), 70, 70, 3]
    guess = [*range(100), 5, 5, 70]
    matrix = outcome.confusion(kept(true, guess, labels))
    assert matrix["shortened"]
    assert len(matrix["labels"]) == outcome.MOST_CLASSES == len(matrix["counts"])
    assert {"c003", "c005", "c070"} <= set(matrix["labels"])
    assert matrix["labels"] == sorted(matrix["labels"])
    places = [matrix["labels"].index(name) for name in ("c070", "c005")]
    assert matrix["counts"][places[0]][places[1]] == 2
    assert len(outcome.classes(kept(true, guess, labels), Answer.LABEL)) == 100


def test_ten_thousand_classes_are_counted_without_a_matrix_of_all() -> None:
    labels = tuple(map(str, range(10_000)))
    found = kept(list(range(10_000)), [0] * 10_000, labels)
    assert len(outcome.confusion(found)["labels"]) == outcome.MOST_CLASSES
    assert outcome.confusion(found)["labels"][0] == "0"


def test_a_summary_holds_everything_of_a_finished_run(texts: Run) -> None:
    found = outcome.summary(outcome.read(texts), [])
    assert found["main"] == "macro_f1"
    assert found["answer"] == "label"
    assert (found["split"], found["rows"], found["n_wrong"]) == ("test", 9, 4)
    assert [entry["name"] for entry in found["classes"]] == list(NAMES)
    assert sum(map(sum, found["confusion"]["counts"])) == 9
    assert not found["confusion"]["shortened"]


def test_a_run_without_results_has_empty_parts(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    found = outcome.summary(outcome.read(run), [])
    assert (found["metrics"], found["baseline"], found["classes"], found["confusion"]) == ({}, {}, [], {})
    assert (found["rows"], found["n_wrong"], found["value"]) == (0, 0, None)
    assert outcome.examples(outcome.read(run), dataset(run), {}) == {"total": 0, "items": []}


def test_without_test_rows_the_validation_rows_are_looked_at(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    report = {"metrics": {"main": "macro_f1", "valid": {"macro_f1": 1.0, "n": 1}, "test": {"n": 0}}}
    finish(run, [answered("neutral", "neutral", 0.9)], report, "valid")
    files.write_lines(run.predictions / "test.jsonl", ())
    found = outcome.summary(outcome.read(run), [])
    assert (found["split"], found["rows"], found["value"]) == ("valid", 1, 1.0)


def test_the_most_confident_mistakes_come_first_with_their_texts(texts: Run) -> None:
    found = outcome.examples(outcome.read(texts), dataset(texts), {"wrong": True, "count": 2})
    assert found["total"] == 4
    assert [item["index"] for item in found["items"]] == [2, 0]
    rows = store.read_rows(dataset(texts), "test")
    for item in found["items"]:
        assert item["text"] == rows["text"][item["index"]]
        assert item["line"] == rows["line"][item["index"]]
        assert item["target"] == NAMES[rows["label"][item["index"]]] != item["label"]


@pytest.mark.parametrize(
    ("choice", "rows"),
    [
        ({"order": "place"}, list(range(9))),
        ({"order": "place", "start": 7}, [7, 8]),
        ({"wrong": False}, [7, 1, 3, 8, 5]),
        ({"true": "negative", "predicted": "neutral"}, [0, 6]),
        ({"predicted": "negative", "order": "place"}, [2, 3]),
        ({"true": "nothing of the kind"}, []),
        ({"start": -3, "count": 1}, [2]),
        ({"count": 0}, []),
    ],
)
def test_a_cell_of_the_confusion_opens_its_rows(choice: Any, rows: list[int], texts: Run) -> None:
    found = outcome.examples(outcome.read(texts), dataset(texts), choice)
    assert [item["index"] for item in found["items"]] == rows


def test_all_rows_together_equal_each_alone(texts: Run) -> None:
    read = outcome.read(texts)
    pages: list[Choice] = [{"order": "place", "start": i, "count": 1} for i in range(9)]
    alone = [outcome.examples(read, dataset(texts), page)["items"][0] for page in pages]
    assert outcome.examples(read, dataset(texts), {"order": "place"})["items"] == alone
    scattered = outcome._inputs(read, dataset(texts), [8, 0])
    assert scattered == [{"text": alone[8]["text"]}, {"text": alone[0]["text"]}]


def test_examples_of_words_come_with_the_words_that_were_read(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "token_classification", "full", tmp_path / "network")
    rows = store.read_rows(dataset(run), "test")
    tags = [[tiny.TAGS[i] for i in row] for row in rows["tags"]]
    wrong = [["B-LOC" if tag == "B-PER" else tag for tag in row] for row in tags]
    kept_rows = [tagged(true[:2], guess[:2], [0.9, 0.8]) for true, guess in zip(tags, wrong, strict=True)]
    kept_rows[4] = tagged(tags[4], wrong[4], [0.7] * len(tags[4]))
    finish(run, kept_rows, {"metrics": {"test": {"n": 9}, "valid": {}}})
    found = outcome.examples(outcome.read(run), dataset(run), {"order": "place"})["items"]
    for item, words in zip(found, rows["tokens"], strict=True):
        assert item["tokens"] == words[: len(item["tags"])]
        assert item["unread"] == len(words) - len(item["tags"])
    mistaken = [i for i, row in enumerate(kept_rows) if row["target"] != row["tags"]]
    choice: Choice = {"true": "PER", "predicted": "B-LOC", "order": "place"}
    chosen = outcome.examples(outcome.read(run), dataset(run), choice)
    assert [item["index"] for item in chosen["items"]] == mistaken


@pytest.mark.parametrize("method", ["full", "head"])
def test_entities_beyond_what_is_read_are_missed_in_the_metrics_and_in_the_table(tmp_path: Path, method: str) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "token_classification", method, tmp_path / "network", max_length=4, epochs=1)
    report = tiny.run_in_process(run)
    rows, found = store.read_rows(dataset(run), "test"), outcome.read(run)
    assert found.kept is not None
    assert max(len(words) for words in rows["tokens"]) > 4
    assert found.kept.tags(found.kept.true) == [[tiny.TAGS[i] for i in row] for row in rows["tags"]]
    table, test = outcome.classes(found.kept, found.answer), report["metrics"]["test"]
    right = sum(round(entry["recall"] * entry["support"]) for entry in table)
    assert test["recall"] == pytest.approx(right / sum(entry["support"] for entry in table))
    assert test["accuracy"] == pytest.approx(float(found.kept.right.mean()))
    for item in outcome.examples(found, dataset(run), {"order": "place"})["items"]:
        assert item["tags"][2:] == ["O"] * item.get("unread", 0)
        assert len(item["tokens"]) == len(item["tags"])


def test_examples_of_images_name_the_image_in_the_dataset(tmp_path: Path) -> None:
    rows = [answered("negative", "neutral", 0.9)] * 9
    run = finished(tmp_path, "image_classification", rows)
    found = outcome.examples(outcome.read(run), dataset(run), {"order": "place", "count": 1, "start": 4})
    assert found["items"][0]["image"] == 24 + 9 + 4


def test_where_the_dataset_is_gone_or_changed_examples_have_no_input(texts: Run) -> None:
    read = outcome.read(texts)
    record = files.read_json(dataset(texts) / "dataset.json")
    files.write_json(dataset(texts) / "dataset.json", record | {"fingerprint": "another"})
    assert "text" not in outcome.examples(read, dataset(texts), {})["items"][0]
    files.remove(dataset(texts))
    found = outcome.examples(read, dataset(texts), {})
    assert found["total"] == 9
    assert "text" not in found["items"][0]


def test_higher_thresholds_leave_fewer_and_surer_answers(texts: Run) -> None:
    read = outcome.read(texts)
    assert read.kept is not None
    points = outcome.by_confidence(read.kept)
    assert len(points) == outcome.THRESHOLDS
    assert points[0] == {"threshold": 0.0, "coverage": 1.0, "accuracy": pytest.approx(5 / 9)}
    assert [p["coverage"] for p in points] == sorted((p["coverage"] for p in points), reverse=True)
    assert points[-1] == {"threshold": 0.95, "coverage": pytest.approx(2 / 9), "accuracy": 0.5}


def test_the_stamp_changes_with_the_results(texts: Run) -> None:
    before = outcome.stamp(texts)
    assert outcome.stamp(texts) == before
    sealed.write(texts.metrics_file, texts.metrics())
    assert outcome.stamp(texts) != before
