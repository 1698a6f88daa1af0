"""The front door's room for results: real runs give real answers, and what was read once is not read again."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import files, sealed
from studio.api import Studio
from studio.errors import UnknownName, WrongState
from studio.identifiers import new_id
from studio.locks import Lock
from studio.results import Results
from studio.runs import events
from studio.runs.store import Run
from studio.settings import Settings
from tests import tiny, trained
from tests.finished import answered, finish, finished, record_curves
from tests.trained import KINDS, TinyRuns


@pytest.fixture(scope="module")
def results(tiny_runs: TinyRuns) -> Iterator[Results]:
    found = Results(Settings(workspace=tiny_runs.workspace))
    yield found
    found.close()


@pytest.fixture
def own(tmp_path: Path) -> Results:
    return Results(Settings(workspace=tmp_path))


def silent(_: dict[str, Any]) -> None:
    """A report that nobody reads."""


def table(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8"), newline="")))


def test_the_front_door_has_the_room(tmp_path: Path) -> None:
    assert isinstance(Studio(Settings(workspace=tmp_path)).results, Results)


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_the_summary_of_a_real_run_agrees_with_its_metrics(
    kind: tuple[str, str], results: Results, tiny_runs: TinyRuns
) -> None:
    run = tiny_runs.runs[kind]
    found = results.summary(run.id)
    test = run.metrics()["metrics"]["test"]
    assert (found["value"], found["interval"]) == (test[found["main"]], test["interval"])
    assert (found["rows"], found["baseline"]) == (9, run.metrics()["baseline"])
    json.dumps(found, allow_nan=False)
    shares = [entry["f1"] for entry in found["classes"] if entry["support"] or entry["predicted"]]
    if found["answer"] == "label":
        assert sum(shares) / len(shares) == pytest.approx(test["macro_f1"])
        assert 1 - found["n_wrong"] / 9 == pytest.approx(test["accuracy"])
    assert [verdict["code"] for verdict in found["verdicts"]][-1] == "small_test"
    assert all(verdict["message"].endswith(".") for verdict in found["verdicts"])


def test_a_second_look_costs_next_to_nothing(results: Results, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full").id
    first = results.summary(run)
    began = time.perf_counter()
    for _ in range(20):
        assert results.summary(run) is first
        results.health(run)
        results.sparkline(run)
    assert (time.perf_counter() - began) / 20 < 0.05


def test_new_results_are_seen_at_once(own: Results, tmp_path: Path) -> None:
    run = finished(tmp_path, "text_classification", [answered("neutral", "positive", 0.9)])
    assert own.summary(run.id)["n_wrong"] == 1
    finish(run, [answered("neutral", "neutral", 0.9)], run.metrics())
    assert own.summary(run.id)["n_wrong"] == 0


def test_examples_are_asked_by_keywords(results: Results, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    every = results.examples(run.id, order="place", count=100)
    assert [item["text"] for item in every["items"]] == trained.held_out(run)["text"]
    wrong = results.examples(run.id, wrong=True)
    assert wrong["total"] == results.summary(run.id)["n_wrong"] == len(wrong["items"])
    assert results.examples(run.id, start=8)["items"] == results.examples(run.id)["items"][8:]
    assert len(results.by_confidence(run.id)) == 20


def test_a_young_run_has_empty_results_and_no_findings(own: Results, tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        assert own.summary(run.id)["confusion"] == {}
        assert own.examples(run.id) == {"total": 0, "items": []}
        assert own.by_confidence(run.id) == []
        assert own.health(run.id) == []
        assert own.sparkline(run.id)["values"] == []
        assert [entry["event"] for entry in own.timeline(run.id)] == ["created"]
        assert [(entry["run"], entry["position"]) for entry in own.queue()] == [(run.id, 1)]
    assert [finding["code"] for finding in own.health(run.id)] == ["interrupted"]
    assert own.queue() == []


def test_the_health_of_a_live_run_follows_its_curves(own: Results, tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    events.append(run.log, events.Prepared({"total_steps": 60}))
    events.append(run.log, events.Started(0))
    sealed.write_volatile(run.progress_file, {"step": 50})
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        assert own.health(run.id) == []
        record_curves(run, {"Loss/train": [1.0 - i / 50 for i in range(25)] + [0.5 + i / 10 for i in range(25)]})
        assert [finding["code"] for finding in own.health(run.id)] == ["diverging"]


def test_a_small_curve_grows_with_the_run(own: Results, tmp_path: Path) -> None:
    run = finished(tmp_path, "text_classification", [answered("neutral", "neutral", 0.9)])
    record_curves(run, {"Loss/train": [3.0, 2.0]})
    assert own.sparkline(run.id) == {"tag": "Loss/train", "values": [3.0, 2.0]}
    assert len(own.sparkline(run.id, points=1)["values"]) == 2
    time.sleep(1)  # event files of one second are told apart by the time inside
    record_curves(run, {"MacroF1/valid": [0.25, 0.5]})
    assert own.sparkline(run.id) == {"tag": "MacroF1/valid", "values": [0.25, 0.5]}


def test_runs_are_compared_by_name_or_id(results: Results, tiny_runs: TinyRuns) -> None:
    full, lora = tiny_runs.of("text", "full"), tiny_runs.of("text", "lora")
    found = results.compare([full.meta().name, lora.id])
    assert {"name": "method", "values": ["full", "lora"]} in found["settings"]
    assert found["metrics"][0]["name"] == "macro_f1"
    json.dumps(found, allow_nan=False)


def test_questions_are_answered_by_a_warm_process_that_ends(results: Results, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    answers = results.ask(run.id, [{"text": "good film"}, {"text": ""}])
    assert answers[0]["label"] in tiny.LABELS
    assert "error" in answers[1]
    assert results._desk._predictor is not None
    pid = results._desk._predictor._process.pid
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_file_is_answered_in_a_table_to_fetch(results: Results, tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny_runs.of("text", "full")
    asked = tmp_path / "new.csv"
    asked.write_text("text\n" + "=1+1\n" + "good film\n" * 120, encoding="utf-8")
    found = results.ask_file(run.id, asked, silent)
    assert (found["count"], len(found["rows"])) == (121, 100)
    rows = table(found["path"])
    assert len(rows) == 121
    assert rows[0]["text"] == "'=1+1"
    again = results.predictions(run.id, found["id"])
    assert again == {"path": found["path"], "name": "text_classification-full-predictions.csv"}
    with pytest.raises(UnknownName, match="gone"):
        results.predictions(tiny_runs.of("text", "lora").id, found["id"])


def test_predictions_of_held_out_rows_are_a_table_made_once(results: Results, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full")
    found = results.predictions(run.id)
    assert found["name"] == "text_classification-full-test-predictions.csv"
    rows = table(found["path"])
    assert [row["text"] for row in rows] == trained.held_out(run)["text"]
    assert {"index", "line", "target", "label", "score"} <= set(rows[0])
    made = Path(found["path"]).stat().st_mtime_ns
    assert Path(results.predictions(run.id)["path"]).stat().st_mtime_ns == made


def test_tables_of_yesterday_are_removed_and_odd_names_find_nothing(own: Results, tmp_path: Path) -> None:
    run = finished(tmp_path, "text_classification", [answered("neutral", "neutral", 0.9)])
    old = Path(own.predictions(run.id)["path"])
    os.utime(old, (1, 1))
    for name in (new_id(), "../../runs", "test", f"../{run.id}-test"):
        with pytest.raises(UnknownName):
            own.predictions(run.id, name)
    assert not old.exists()
    young = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    with pytest.raises(WrongState):
        own.predictions(young.id)


def test_exports_and_formats_are_reached(results: Results, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "lora")
    assert {form["name"] for form in results.formats(run.id)} == {"model", "adapter", "merged"}
    assert results.exported(run.id, "adapter")["name"] == "text_classification-lora-adapter.zip"


@pytest.mark.parametrize("what", ["summary", "by_confidence", "health", "timeline", "sparkline", "formats"])
def test_an_unknown_run_is_said_so(what: str, own: Results) -> None:
    with pytest.raises(UnknownName):
        getattr(own, what)("../other")


def test_a_run_that_is_deleted_while_it_is_looked_at_is_unknown(own: Results, tmp_path: Path) -> None:
    run: Run = finished(tmp_path, "text_classification", [answered("neutral", "neutral", 0.9)])
    own.summary(run.id)
    own.health(run.id)
    files.remove(run.folder)
    with pytest.raises(UnknownName):
        own.summary(run.id)
