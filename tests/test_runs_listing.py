"""Runs side by side: what happened, how they went, in what they differ."""

from __future__ import annotations

import json
from pathlib import Path

from studio import files
from studio.runs import events, listing
from studio.runs.store import Run
from tests import tiny
from tests.finished import answered, finish, finished


def new_run(workspace: Path, **changes: object) -> Run:
    return tiny.new_run(workspace, "text_classification", "full", workspace / "network", **changes)


def test_the_timeline_tells_every_event_by_the_name_it_has_in_the_log(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for event in (events.Waiting(), events.Prepared({"a": 1}), events.Warned("x", "Mind."), events.Saved(3)):
        events.append(run.log, event)
    events.append(run.log, events.Failed({"code": "storage", "what": "Full."}))
    found = listing.timeline(run)
    logged = [json.loads(line)["event"] for line in run.log.read_text().splitlines()]
    assert [entry["event"] for entry in found] == ["created", *logged]
    assert (found[3]["event"], found[3]["code"], found[3]["message"]) == ("warned", "x", "Mind.")
    assert found[4]["step"] == 3
    assert found[5]["error"]["what"] == "Full."
    assert "facts" not in found[2]
    assert [entry["seconds"] for entry in found] == sorted(entry["seconds"] for entry in found)


def test_every_event_keeps_its_name() -> None:
    for name, kind in events._KINDS.items():
        assert kind.__name__.lower() == name


def test_a_small_curve_is_the_score_or_before_that_the_training_loss(tmp_path: Path) -> None:
    spec = new_run(tmp_path).spec()
    loss = [(step, step / 100) for step in range(100)]
    early = listing.sparkline(spec, {"Loss/train": loss, "MacroF1/valid": [(0, 0.1)]}, 40)
    assert early["tag"] == "Loss/train"
    assert len(early["values"]) == 40
    assert (early["values"][0], early["values"][-1]) == (0, 0.99)
    late = listing.sparkline(spec, {"Loss/train": loss, "MacroF1/valid": [(0, 0.1), (9, 0.2)]}, 40)
    assert late == {"tag": "MacroF1/valid", "values": [0.1, 0.2]}
    assert listing.sparkline(spec, {}, 40) == {"tag": "Loss/train", "values": []}


def test_thinning_keeps_both_ends() -> None:
    points = [(step, 0.0) for step in range(1000)]
    assert [step for step, _ in listing.thinned(points, 3)] == [0, 500, 999]
    assert [step for step, _ in listing.thinned(points, 2)] == [0, 999]
    assert listing.thinned(points[:2], 1) == points[:2]


def test_only_settings_that_differ_are_compared_as_they_were_really_used(tmp_path: Path) -> None:
    rows = [answered("neutral", "neutral", 0.9)]
    first = finished(tmp_path, "text_classification", rows, epochs=2)
    second = finished(tmp_path, "text_classification", rows, "lora", epochs=3)
    files.remove(tmp_path / "datasets" / second.spec().dataset)
    events.append(first.log, events.Prepared({"max_length": 12}))
    found = listing.compare([first, second], tmp_path / "datasets")
    settings = {row["name"]: row["values"] for row in found["settings"]}
    assert settings["epochs"] == [2, 3]
    assert settings["method"] == ["full", "lora"]
    assert settings["rank"] == [None, 8]
    assert settings["max_length"] == [12, None]
    assert settings["dataset"] == [first.spec().dataset, second.spec().dataset]  # one is gone, so neither has a name
    assert not {"batch_size", "task", "seed", "source", "labels"} & set(settings)


def test_settings_without_effect_are_not_compared(tmp_path: Path) -> None:
    first, second = new_run(tmp_path), tiny.new_run(tmp_path, "text_classification", "head", tmp_path / "network")
    settings = {row["name"]: row["values"] for row in listing.compare([first, second], tmp_path)["settings"]}
    assert settings["learning_rate"][1] is None


def test_metrics_are_compared_main_one_first_and_a_run_without_any_has_none(tmp_path: Path) -> None:
    first, second = new_run(tmp_path), new_run(tmp_path)
    test = {"accuracy": 0.5, "macro_f1": 0.4, "n": 9, "interval": [0.1, 0.9]}
    report = {
        "metrics": {"main": "macro_f1", "valid": {"n": 0}, "test": test},
        "seconds": {"total": 7.5},
        "samples_per_second": 10.0,
        "best_step": 4,
    }
    finish(first, [], report)
    found = listing.compare([first, second], tmp_path / "datasets")["metrics"]
    assert found[0] == {"name": "macro_f1", "values": [0.4, None]}
    assert {row["name"] for row in found} >= {"accuracy", "seconds", "samples_per_second", "best_step"}
    assert {"n", "interval"}.isdisjoint(row["name"] for row in found)


def test_one_run_differs_from_nothing(tmp_path: Path) -> None:
    assert listing.compare([new_run(tmp_path)], tmp_path / "datasets")["settings"] == []
