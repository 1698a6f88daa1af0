"""How the run doctor reads a run: noisy curves are smoothed, and missing facts are no facts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from studio.runs import case, events, outcome
from studio.runs.case import Case
from studio.runs.store import Status
from tests import tiny
from tests.finished import answered, finished


def test_a_smoothed_curve_is_the_moving_mean_over_a_tenth_of_it() -> None:
    points = [(step, float(step % 2)) for step in range(100)]
    smoothed = case.smooth(points)
    assert len(smoothed) == 91
    assert {value for _, value in smoothed} == {0.5}
    assert (smoothed[0][0], smoothed[-1][0]) == (9, 99)
    assert case.smooth(points[:5]) == []
    assert len(case.smooth(points[:6])) == 4


def test_a_curve_is_read_at_the_last_point_before_a_step() -> None:
    points = [(2, 1.0), (4, 2.0), (6, 3.0)]
    assert [case.at(points, step) for step in (0, 2, 5, 99)] == [1, 1, 2, 3]


def test_a_metric_is_called_as_its_curve() -> None:
    assert (case.tag("macro_f1"), case.tag("f1")) == ("MacroF1", "F1")


def test_points_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    curves = {"Loss/train": [(1, 1.0), (2, math.nan), (3, math.inf)], "MacroF1/valid": [(0, 0.2), (2, 0.4), (4, 0.4)]}
    found = Case(Status.RUNNING, run.spec(), curves)
    assert found.train_loss == [(1, 1.0)]
    assert found.best == (2, 0.4)
    lucky = {**curves, "MacroF1/valid": [(0, 0.9), (2, 0.4)]}
    assert [Case(Status.RUNNING, run.spec(), lucky, {"by_chance": drawn}).best for drawn in (False, True)] == [
        (0, 0.9),
        (2, 0.4),
    ]
    assert (found.value, found.interval, found.baseline("probe"), found.share) == (None, None, None, 0)
    assert found.chance == pytest.approx(math.log(3))


def test_the_case_of_a_run_is_gathered_from_its_folder(tmp_path: Path) -> None:
    run = finished(tmp_path, "text_classification", [answered("neutral", "neutral", 0.9)])
    events.append(run.log, events.Prepared({"total_steps": 40, "baseline": {"majority": {"macro_f1": 0.1, "loss": 1}}}))
    events.append(run.log, events.Shrunk(64))
    events.append(run.log, events.Failed({"code": "not_finite", "what": "No."}))
    found = case.gather(run, {}, outcome.read(run), ())
    assert found.status is Status.FAILED
    assert found.error["code"] == "not_finite"
    assert (found.total_steps, found.budgets, found.chance) == (40, (64,), 1)
    events.append(run.log, events.Finished(9))
    assert case.gather(run, {}, outcome.read(run), ()).error == {}
