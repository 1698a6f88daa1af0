"""What should be known before the numbers of a run are believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.data.store import DatasetRecord, Finding
from studio.runs import verdicts
from studio.runs.kept import Kept
from studio.runs.outcome import Outcome
from tests import tiny
from tests.cases import SPEC, measured

KEPT = Kept(Path(), SPEC.labels, np.zeros(1), np.zeros(1), np.ones(1), np.array([0, 1]), np.zeros(1))


def codes(report: dict[str, Any], split: str = "test", record: DatasetRecord | None = None, **spec: Any) -> list[str]:
    found = Outcome(SPEC.model_copy(update=spec), report, {}, split, KEPT)
    return [verdict["code"] for verdict in verdicts.of(found, record)]


def test_good_results_on_many_rows_need_no_words() -> None:
    assert codes(measured(0.85, (0.82, 0.88))) == []


def test_a_run_without_results_gets_no_verdict() -> None:
    assert verdicts.of(Outcome(SPEC, {}, {}, "test", None), None) == []


def test_results_within_reach_of_guessing_or_of_the_frozen_network_are_said_so() -> None:
    assert codes(measured(0.22, (0.18, 0.26), probe=0.1)) == ["no_better_than_majority"]
    assert codes(measured(0.72, (0.69, 0.75), probe=0.71)) == ["no_better_than_probe"]
    assert codes(measured(0.72, (0.69, 0.75), probe=0.71), method="head") == []
    assert codes(measured(0.72, (0.69, 0.75), probe=None)) == []


def test_few_rows_or_a_wide_interval_are_said_with_numbers() -> None:
    report = measured(0.8, (0.7, 0.9), probe=None)
    report["metrics"]["test"]["n"] = 40
    (verdict,) = verdicts.of(Outcome(SPEC, report, {}, "test", KEPT), None)
    assert (verdict["code"], verdict["values"]["rows"]) == ("small_test", 40)
    assert verdict["values"]["half_width"] == pytest.approx(0.98 / 40**0.5, abs=1e-4)  # more than the interval says
    assert "off by 0.15 either way" in verdict["message"]
    assert codes(measured(0.85, (0.75, 0.95), probe=None)) == ["small_test"]


@pytest.mark.parametrize("interval", [(1.0, 1.0), (0.757, 1.0)])
def test_a_dozen_right_rows_are_no_certainty(interval: tuple[float, float]) -> None:
    report = measured(1.0, interval, probe=None)
    report["metrics"]["test"]["n"] = 12
    (verdict,) = verdicts.of(Outcome(SPEC, report, {}, "test", KEPT), None)
    assert verdict["values"]["half_width"] == pytest.approx(0.283, abs=5e-4)


def test_where_there_is_no_interval_the_value_itself_is_compared() -> None:
    assert codes(measured(0.0, (0.0, 0.0), probe=None)) == ["no_better_than_majority"]
    assert codes(measured(1.0, (1.0, 1.0), probe=None)) == []


def test_a_score_on_validation_rows_is_said_to_be_one() -> None:
    report: dict[str, Any] = {"metrics": {"valid": {"macro_f1": 0.8, "n": 300, "interval": [0.77, 0.83]}, "test": {}}}
    assert codes(report, split="valid") == ["no_test_rows"]


def test_an_overlap_of_the_splits_is_repeated_from_the_check_up(tmp_path: Path) -> None:
    finding = Finding(code="overlap", severity="warning", message="7 rows overlap.", count=7, examples=[], fix=None)
    record = tiny.dataset(tmp_path, "text_classification").model_copy(update={"findings": [finding]})
    found = verdicts.of(Outcome(SPEC, measured(0.85, (0.82, 0.88)), {}, "test", KEPT), record)
    assert found == [{"code": "overlap", "values": {"count": 7}, "message": "7 rows overlap."}]
