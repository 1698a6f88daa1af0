"""What is looked up about a run: real runs, their best score, and how long workers were at it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from studio import settings
from studio.api import Studio
from studio.errors import UnknownName
from studio.ui.panels.live_follow import Follower, best, model_name, tag, worked
from tests.trained import TinyRuns


def events(*pairs: tuple[str, float]) -> list[dict[str, object]]:
    return [{"event": name, "at": at} for name, at in pairs]


def test_waiting_does_not_count_as_work() -> None:
    run = events(("created", 0), ("waiting", 1), ("preparing", 101), ("started", 105), ("finished", 111))
    assert worked(run, False, 999) == 10


def test_a_run_at_work_counts_until_now() -> None:
    assert worked(events(("created", 0), ("preparing", 10), ("started", 12)), True, 30) == 20


def test_a_worker_that_was_cut_off_counts_until_its_last_word() -> None:
    cut = events(("preparing", 10), ("started", 12), ("saved", 20))
    assert worked(cut, False, 999) == 10
    resumed = [*cut, *events(("waiting", 500), ("preparing", 600), ("started", 601), ("stopped", 605))]
    assert worked(resumed, False, 999) == 15


def test_a_run_that_never_began_took_no_time() -> None:
    assert worked(events(("created", 0), ("waiting", 5)), False, 999) == 0
    assert worked([], False, 999) == 0


def test_the_best_score_is_the_first_of_equals_and_a_number() -> None:
    assert best([(0, 0.1), (10, 0.9), (20, 0.9), (30, math.nan)]) == (10, 0.9)
    assert best([(0, math.nan)]) is None
    assert best([]) is None
    assert best([(0, 0.9), (10, 0.4)], by_chance=True) == (10, 0.4)
    assert best([(0, 0.9)], by_chance=True) == (0, 0.9)


def test_a_metric_is_found_under_the_name_of_its_curve() -> None:
    assert [tag(name) for name in ("macro_f1", "f1", "accuracy")] == ["MacroF1", "F1", "Accuracy"]


def test_a_finished_run_is_known_with_its_curves(tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "lora")
    look = Follower(Studio(settings.load(workspace=tiny_runs.workspace))).look(run.id, 0.0)
    assert look.over
    assert (look.dataset, look.method, look.metric) == ("tiny text_classification", "LoRA", "macro_f1")
    assert look.model == model_name(look.record["model"]) != ""
    assert look.best is not None
    assert 0 <= look.best[1] <= 1
    assert look.memory is not None  # a tiny run may need no more than what its process had held before
    assert look.queue == ()


def test_a_run_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        Follower(Studio(settings.load(workspace=tmp_path))).look("0" * 26, 0.0)


def test_a_dataset_that_is_gone_is_named_by_its_id(tmp_path: Path) -> None:
    assert Follower(Studio(settings.load(workspace=tmp_path))).dataset("01m815ew5szqhzmh6dfjgr2r16") == "01m815…"
