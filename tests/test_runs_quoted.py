"""What came of a run that answers in texts: mistakes, the surest first, fair words, and how the page shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.errors import WrongState
from studio.runs import doctor, outcome, quoted, verdicts
from studio.runs.store import Run
from studio.ui.panels import result_examples as examples
from studio.ui.panels import result_score as score
from studio.ui.words import speaker
from tests import tiny
from tests.cases import SPEC, case, measured
from tests.finished import finish

SAY = speaker("en")
REPORT = {
    "metrics": {
        "main": "f1",
        "valid": {"n": 0},
        "test": {"f1": 0.7, "exact_match": 0.6, "n": 9, "interval": [0.1, 0.9]},
    },
    "baseline": {"majority": {"f1": 0.2, "exact_match": 0.1, "loss": 4.0}, "probe": None},
}


def row(place: int) -> dict[str, Any]:
    right = place % 3 != 0
    said: dict[str, Any] = {"answer": "the film", "start": 0, "end": 8, "score": place / 10}
    return {
        "line": f"a.csv:{place + 2}",
        "target": ["film"],
        "places": [[4, 8]],
        **said,
        "exact": float(right),
        "f1": 0.7,
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    found = tiny.new_run(tmp_path, "question_answering", "full", tmp_path / "network")
    return finish(found, [row(place) for place in range(9)], REPORT)


def dataset(run: Run) -> Path:
    return run.folder.parent.parent / "datasets" / run.spec().dataset


def test_the_surest_mistakes_come_first_with_question_and_text(run: Run) -> None:
    found = outcome.read(run)
    shown = outcome.examples(found, dataset(run), {"wrong": True, "order": "score", "count": 2})
    assert (shown["total"], [item["index"] for item in shown["items"]]) == (3, [6, 3])
    assert {"question", "context", "target", "answer", "places"} <= shown["items"][0].keys()
    right = outcome.examples(found, dataset(run), {"wrong": False, "order": "place"})
    assert [item["index"] for item in right["items"]] == [1, 2, 4, 5, 7, 8]


def test_the_summary_counts_mistakes_and_compares_with_who_knows_no_network(run: Run) -> None:
    found = outcome.read(run)
    summary = outcome.summary(found, verdicts.of(found, None))
    assert (summary["answer"], summary["rows"], summary["n_wrong"], summary["value"]) == ("excerpt", 9, 3, 0.7)
    assert (summary["classes"], summary["confusion"], summary["points"]) == ([], {}, [])
    assert "no_better_than_words" in {verdict["code"] for verdict in summary["verdicts"]}
    shown = str(score.headline(summary, SAY))
    assert "Guessing by the words of the question" in shown
    assert "70" in shown


def test_the_page_lists_what_is_wrong_in_its_text(run: Run) -> None:
    found = outcome.read(run)
    summary = outcome.summary(found, [])
    wanted = examples.wanted("wrong@0", summary, SAY)
    items = outcome.examples(found, dataset(run), {**wanted.choice, "count": 5})  # type: ignore[typeddict-item]
    shown = str(examples.listing(wanted, items, examples.Context("d"), SAY))
    assert shown.count("excerpt-said") == 6  # "the " is said alone, "film" is right as well
    assert "a.csv:2" in shown


def test_the_doctor_says_what_a_useless_model_is_no_better_than() -> None:
    spec = SPEC.model_copy(update={"task": "question_answering", "labels": ()})
    report = measured(0.1, (0.05, 0.15), None)
    report["metrics"]["test"]["f1"], report["baseline"]["majority"]["f1"] = 0.1, 0.2
    found = doctor.worse_than_majority(case(spec=spec, report=report))
    assert found is not None
    assert "guessing by the words of the question" in found.message


def test_damaged_answers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text(json.dumps({"line": "a", "score": 0.5}) + "\n")
    with pytest.raises(WrongState, match="cannot be read"):
        quoted.read(tmp_path / "test.jsonl")
    assert quoted.read(tmp_path / "valid.jsonl") is None
