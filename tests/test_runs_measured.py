"""What came of a run that learned numbers: points, the largest errors first, fair words, and how the page shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.errors import WrongState
from studio.runs import measured, outcome, verdicts
from studio.runs.store import Run
from studio.ui.panels import result_examples as examples
from studio.ui.panels import result_numbers as numbers
from studio.ui.panels import result_score as score
from studio.ui.panels.result_answers import answer, predictions
from studio.ui.words import speaker
from tests import tiny
from tests.finished import finish

SAY = speaker("en")
REPORT = {
    "metrics": {
        "main": "pearson",
        "valid": {"n": 0},
        "test": {"pearson": 0.8, "spearman": 0.7, "rmse": 0.4, "n": 9, "interval": [0.1, 0.9]},
    },
    "baseline": {"majority": {"pearson": 0.0, "loss": 1.0}, "probe": {"pearson": 0.85, "loss": 0.5}},
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    found = tiny.new_run(tmp_path, "text_pair_regression", "full", tmp_path / "network")
    rows = [{"line": f"a.csv:{i + 2}", "target": float(i), "number": i + (2.5 if i == 4 else 0.1)} for i in range(9)]
    return finish(found, rows, REPORT)


def dataset(run: Run) -> Path:
    return run.folder.parent.parent / "datasets" / run.spec().dataset


def test_the_largest_errors_come_first_with_both_texts(run: Run) -> None:
    found = outcome.read(run)
    shown = outcome.examples(found, dataset(run), {"wrong": True, "order": "score", "count": 2})
    assert shown["total"] == 9
    first = shown["items"][0]
    assert (first["index"], first["target"], first["number"], first["off"]) == (4, 4.0, 6.5, 2.5)
    assert first["text"] != first["text_b"]
    in_place = outcome.examples(found, dataset(run), {"order": "place", "start": 3, "count": 1})
    assert [item["index"] for item in in_place["items"]] == [3]


def test_the_summary_has_points_and_fair_words(run: Run) -> None:
    found = outcome.read(run)
    told = verdicts.of(found, None)
    summary = outcome.summary(found, told)
    assert (summary["answer"], summary["rows"], summary["value"]) == ("number", 9, 0.8)
    assert summary["points"][4] == [4.0, 6.5]
    assert (summary["classes"], summary["confusion"], summary["n_wrong"]) == ([], {}, 0)
    assert [verdict["code"] for verdict in told] == ["no_better_than_probe", "small_test"]
    headline = str(score.headline(summary, SAY))
    assert "Always answering the mean" in headline
    assert "0.8 against 0.85" in headline
    drawn = str(numbers.scatter(summary, SAY))
    assert drawn.count("h0") == 9


def test_the_page_lists_errors_and_answers_with_their_typical_error(run: Run) -> None:
    found = outcome.read(run)
    summary = outcome.summary(found, [])
    asked = examples.wanted("sure@0", summary, SAY)
    rows = outcome.examples(found, dataset(run), {"wrong": True, "order": "score"})
    assert asked.choice == {"wrong": True, "order": "score"}
    shown = str(examples.listing(asked, rows, examples.Context("0" * 26), SAY))
    assert "Largest errors" in shown
    assert "off by +2.5" in shown
    assert "All mistakes" not in shown
    assert "0.4 up or down" in str(answer({"number": 3.21, "typical": 0.4}, (), SAY))
    table = {"rows": [{"line": "a:1", "text": "one", "text_b": "two", "number": 3.21}], "count": 1, "failed": 0}
    assert "one | two" in str(predictions(table, "a.csv", (), SAY))


def test_many_points_are_thinned_and_a_damaged_file_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"target": float(i), "number": 1.0}) + "\n" for i in range(4000)))
    many = measured.read(path)
    assert many is not None
    assert (len(many), len(many.points())) == (4000, measured.POINTS)
    assert many.points() == many.points()
    assert measured.read(tmp_path / "none.jsonl") is None
    path.write_text("{}\n")
    with pytest.raises(WrongState):
        measured.read(path)
