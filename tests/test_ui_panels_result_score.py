"""The head of the panel Result: which run, how good it is beside what, and how far to trust the number."""

from __future__ import annotations

import pytest

from studio.ui.panels.result_score import certainty, chooser, headline, metrics_table, state, verdicts
from studio.ui.shared import Data
from studio.ui.words import LANGUAGES, speaker

EN = speaker("en")
HOSTILE = '<img src=x onerror="alert(1)">${6*7}'


def summary(**changes: object) -> Data:
    found: Data = {
        "main": "macro_f1",
        "value": 0.9,
        "interval": [0.85, 0.95],
        "rows": 1200,
        "split": "test",
        "baseline": {"majority": {"macro_f1": 0.2}, "probe": {"macro_f1": 0.88}},
        "verdicts": [],
        "answer": "label",
    }
    return found | changes


@pytest.mark.parametrize(("answer", "said"), [("spans", "entities"), ("excerpt", "share with"), ("label", "precision")])
def test_one_metric_means_something_else_for_other_answers(answer: str, said: str) -> None:
    baseline = {"majority": {"f1": 0.1}}
    assert said in str(headline(summary(main="f1", answer=answer, baseline=baseline), EN))


def test_the_headline_says_value_interval_rows_and_what_it_is_compared_with() -> None:
    shown = str(headline(summary(), EN))
    for part in ("Macro F1", "90.0 %", "85.0 %", "95.0 %", "1,200", "88.0 %", "20.0 %"):
        assert part in shown


def test_only_what_lies_below_the_whole_interval_is_clearly_beaten() -> None:
    shown = str(verdicts(summary(), EN))
    assert "Clearly better than always guessing" in shown
    assert "tuning the network paid off" not in shown
    better = str(verdicts(summary(baseline={"probe": {"macro_f1": 0.8}}), EN))
    assert "tuning the network paid off" in better


def test_nothing_is_praised_without_an_interval() -> None:
    assert "Clearly" not in str(verdicts(summary(interval=None), EN))


@pytest.mark.parametrize("language", LANGUAGES)
def test_doubts_are_said_in_each_language_with_their_numbers(language: str) -> None:
    values = {"metric": "macro_f1", "value": 0.9, "baseline": 0.88}
    doubt = {"code": "no_better_than_probe", "values": values, "message": "In English."}
    few = {"code": "small_test", "values": {"rows": 9, "half_width": 0.2}, "message": "In English."}
    shown = str(verdicts(summary(verdicts=[doubt, few]), speaker(language)))
    assert "88.0 %" in shown
    assert "20.0 %" in shown
    assert "In English." not in shown


def test_a_doubt_that_the_page_has_no_words_for_is_said_as_the_core_says_it() -> None:
    unknown = {"code": "from_the_future", "values": {}, "message": f"Beware {HOSTILE}"}
    shown = str(verdicts(summary(verdicts=[unknown]), EN))
    assert "Beware" in shown
    assert "<img" not in shown


def test_the_chooser_lists_runs_with_a_result_and_the_chosen_one() -> None:
    runs: list[Data] = [
        {"run": "a", "name": HOSTILE, "status": "finished", "metric": "accuracy", "value": 0.5},
        {"run": "b", "name": "without", "status": "failed", "metric": None, "value": None},
        {"run": "c", "name": "chosen", "status": "running", "metric": None, "value": None},
    ]
    shown = str(chooser(runs, "c", EN))
    assert "Accuracy 50.0 %" in shown
    assert "chosen (training)" in shown
    assert "without" not in shown
    assert "<img" not in shown
    assert "${" not in shown


@pytest.mark.parametrize("status", ["queued", "preparing", "running", "stopping", "failed", "stopped", "interrupted"])
def test_every_status_without_a_result_says_why_and_what_next(status: str) -> None:
    run: Data = {"status": status, "metrics": {}, "name": "x", "step": 3, "total_steps": 10}
    for language in LANGUAGES:
        assert str(state(run, speaker(language))).count("<p>") >= 2


def test_a_run_with_a_result_needs_no_explanation() -> None:
    assert str(state({"status": "finished", "metrics": {"main": "f1"}, "name": "x"}, EN)) == ""
    assert "No run yet" in str(state(None, EN))


def test_metrics_stand_in_a_table_with_rows_counted() -> None:
    columns = [("Validation", {}), ("Test", {"accuracy": 0.5, "loss": 1.25, "n": 1000, "interval": [0.4, 0.6]})]
    shown = str(metrics_table(columns, EN))
    assert "50.0 %" in shown
    assert "1.25" in shown
    assert "1,000" in shown
    assert "Validation" not in shown


def test_a_model_is_never_quite_certain() -> None:
    assert certainty(0.99999) == "99.9 %"
    assert certainty(0.5) == "50.0 %"
