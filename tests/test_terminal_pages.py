"""What the terminal shows of runs, predictions and forecasts, and how it reads what it is given."""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from studio.errors import InvalidOption, MissingFile, RequestError
from studio.settings import Settings
from studio.terminal import choices, desk, results, training
from studio.terminal.progress import Moment, Progress
from studio.terminal.runs import metrics_table, progress, run_page

ESCAPE, RIGHT_TO_LEFT, LONE = "\x1b[2J", "\u202e", "\udc80"


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Paper(io.StringIO):
    """A stream that says it is none."""

    encoding = "ascii"


# Arguments and pages -------------------------------------------------------------------------------------------------


def test_key_and_value_are_split_at_the_first_sign() -> None:
    assert desk.pairs(["a=1", "b = x=y", "a=2"], "--set") == {"a": "2", "b": "x=y"}


@pytest.mark.parametrize("wrong", ["epochs", "=3", " =3", ""])
def test_a_setting_without_key_or_value_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(InvalidOption, match="--set takes KEY=VALUE") as caught:
        desk.pairs([wrong], "--set")
    assert "--set epochs=3" in caught.value.next


@pytest.mark.parametrize("name", ["no/such/file", "null\0byte", "x" * 5000])
def test_a_path_that_is_not_there_is_a_missing_file(name: str) -> None:
    with pytest.raises(MissingFile):
        desk.existing(name)


def test_reported_counts_become_a_share() -> None:
    assert desk.moment({"phase": "reading", "done": 5, "total": 20}) == Moment("reading", 0.25, "5 of 20")
    assert desk.moment({"done": 7}) == Moment("working", None, "7")
    assert desk.moment({"phase": "measuring", "seconds": 75}) == Moment("measuring", None, "for 1 min 15 s")


def record(**changes: Any) -> dict[str, Any]:
    """A run's record as the front door gives it out."""
    return {
        "run": "0" * 26, "name": "reviews full", "status": "finished", "step": 40, "total_steps": 40, "phase": None,
        "seconds_left": None, "dataset": "1" * 26, "task": "text_classification", "model": "minilm-l6",
        "method": "full", "spec": {"preset": "balanced"}, "rows": {"train": 800, "valid": 100, "test": 100},
        "metrics": {"main": "accuracy", "test": {"accuracy": 0.91, "loss": 0.3, "n": 100}, "valid": {"accuracy": 0.9}},
        "baseline": {"majority": {"accuracy": 0.5}}, "seconds": {"train": 12.0, "total": 20.5, "note": "x"},
        "samples_per_second": 66.6, "peak_memory_bytes": 123456789, "trainable_parameters": 100,
        "total_parameters": 1000, "device": "cpu", "precision": "bf16", "warnings": [], "error": None,
        "folder": "/runs/x",
    } | changes  # fmt: skip


def test_the_page_of_a_run_shows_its_metrics_beside_the_baseline() -> None:
    page = run_page(record(), {"epochs": 3})
    lines = [line.split() for line in page.splitlines()]
    assert ["accuracy", "*", "0.9100", "0.9000", "0.5000"] in lines
    assert ["epochs", "3"] in lines
    assert "100 of 1,000 parameters (10 %)" in page
    assert "train 12 s, total 20 s" in page


def test_the_page_of_a_failed_run_says_what_why_and_what_next() -> None:
    error = {"code": "x", "what": "It broke.", "where": "", "why": f"Because{ESCAPE}.", "next": "Try again."}
    page = run_page(record(status="failed", error=error, metrics={}), {})
    assert page.endswith("It broke.\nBecause\u241b[2J.\nTry again.")


def test_the_page_of_a_young_run_leaves_out_what_is_not_known_yet() -> None:
    young = record(status="queued", step=0, total_steps=None, rows={}, metrics={}, baseline={}, seconds={})
    unknown = dict.fromkeys(("samples_per_second", "peak_memory_bytes", "trainable_parameters", "device", "precision"))
    page = run_page(young | unknown, {})
    assert "None" not in page
    assert "status   queued" in page


def test_the_main_metric_comes_first_and_is_marked() -> None:
    page = metrics_table({"valid": {"loss": 1.0, "f1": 0.5, "n": 10}}, "f1").splitlines()
    assert page[2].startswith("f1 *")
    assert page[-1].startswith("* ")


def test_progress_of_a_run_says_how_far_and_how_long() -> None:
    assert progress({"step": 30, "total_steps": 120, "seconds_left": 75.0}) == "30/120 25% 1 min 15 s left"
    assert progress({"step": 0, "total_steps": None}) == ""


def test_waiting_shows_step_loss_best_metric_and_time_left() -> None:
    running = record(status="running", phase="training", step=10, seconds_left=30.0)
    curves = {"Loss/train": [(5, 0.5), (10, 0.25)], "MacroF1/valid": [(4, 0.7), (8, 0.6)]}
    shown = training.details(running, curves, "macro_f1")
    assert shown == "step 10 of 40, loss 0.250, best macro f1 0.700, 30 s left"
    assert training.moment(running, shown) == Moment("training", 0.25, shown)
    assert training.moment(record(status="queued"), "").phase == "waiting for the device"


# Predictions as files ------------------------------------------------------------------------------------------------


def test_predictions_as_a_table_hold_nested_fields_and_nothing_a_spreadsheet_would_run() -> None:
    rows: list[dict[str, Any]] = [
        {"text": '=HYPERLINK("x")', "label": "-1", "top": [{"label": "a"}]},
        {"label": "ü", "score": 0.5},
    ]
    lines = results.as_csv(rows).decode().splitlines()
    assert lines[0] == "text,label,top,score"
    assert lines[1] == '"\'=HYPERLINK(""x"")",-1,"[{""label"": ""a""}]",'
    assert lines[2] == ",ü,,0.5"


def test_predictions_as_json_lines_are_one_object_a_line() -> None:
    assert results.as_json_lines([{"label": "ü"}, {"label": LONE}]).decode() == '{"label": "ü"}\n{"label": "?"}\n'


def test_an_ending_that_no_writer_knows_is_refused(tmp_path: Any) -> None:
    with pytest.raises(RequestError, match="cannot be written as"):
        results._writer(tmp_path / "x.xlsx")
    with pytest.raises(RequestError, match="no folder"):
        results._writer(tmp_path / "missing" / "x.csv")


def test_predictions_never_replace_the_file_that_is_asked_about(tmp_path: Path, monkeypatch: Any) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("text\ngood film\n", encoding="utf-8")
    (tmp_path / "same.csv").hardlink_to(rows)
    monkeypatch.chdir(tmp_path)
    for out in (str(rows), "rows.csv", "same.csv"):
        given = Namespace(text=None, file=str(rows), out=out, source="none")
        asked = desk.Desk(Settings(workspace=tmp_path / "w"), given, Progress(Paper()), unicode=False)
        with pytest.raises(RequestError, match="would replace the file that is asked about"):
            results.predict(asked)
    assert rows.read_text(encoding="utf-8") == "text\ngood film\n"


def test_words_are_shown_with_their_tags() -> None:
    page = results.predictions_table([{"text": "in New York", "tags": ["O", "B-LOC", "I-LOC"], "score": 0.9}])
    assert "in New[B-LOC] York[I-LOC]" in page


def test_an_answer_to_the_beginning_of_a_text_says_so() -> None:
    page = results.predictions_table([{"text": "long", "label": "good", "score": 0.9, "read_share": 0.4}])
    assert "good (only the first 40% read)" in page


def test_a_fault_that_was_not_recovered_from_is_said_loudly() -> None:
    steps = [{"status": "interrupted", "step": 3, "error": None}, {"status": "finished", "step": 8, "error": None}]
    assert "as it should." in choices.simulated({"fault": "kill", "recovered": True, "steps": steps})
    assert "NOT as it should" in choices.simulated({"fault": "kill", "recovered": False, "steps": steps})


def test_a_forecast_has_units() -> None:
    assert training._measured("memory_bytes", 5.65e8) == "565 MB"
    assert training._measured("seconds_by_phase", {"setup": 4.14, "train": 75}) == "setup 4.14 s, train 1 min 15 s"
    assert training._measured("rows", {"train": 1436}) == "train 1,436"
