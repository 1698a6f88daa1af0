"""A run that is to be over by a time of day gets the minutes until then, less what scoring and saving take."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from studio.spec import TrainingParams
from studio.training import deadline, session
from studio.training.team import Team
from tests import tiny

NOON = datetime(2026, 5, 4, 12, 0, 30).timestamp()


def _asked(clock: str, **others: float) -> TrainingParams:
    return TrainingParams.model_validate({"finish_by": clock, **others})


def test_without_a_time_of_day_the_minutes_are_those_that_were_asked_for() -> None:
    assert deadline.minutes(TrainingParams(), NOON, NOON) is None
    assert deadline.minutes(TrainingParams(max_minutes=7), NOON, NOON) == 7


@pytest.mark.parametrize(
    ("clock", "left"), [("12:01", 0.5), ("13:00", 59.5), ("12:00", 24 * 60 - 0.5), ("8:30", 20.5 * 60 - 0.5)]
)
def test_the_time_left_is_that_until_the_clock_next_shows_it(clock: str, left: float) -> None:
    assert deadline.minutes(_asked(clock), NOON, NOON) == pytest.approx(left - min(0.1 * left, 15))


def test_what_was_trained_before_counts_and_what_preparing_took_is_gone() -> None:
    assert deadline.minutes(_asked("13:00"), NOON, NOON + 29.5 * 60, spent=600) == pytest.approx(10 + 0.9 * 30)
    assert deadline.minutes(_asked("12:01"), NOON, NOON + 3600, spent=600) == pytest.approx(10)  # too late by now


def test_the_shorter_of_both_limits_holds() -> None:
    assert deadline.minutes(_asked("13:00", max_minutes=5), NOON, NOON) == 5
    assert deadline.minutes(_asked("12:03", max_minutes=5), NOON, NOON) == pytest.approx(0.9 * 2.5)


def test_the_first_process_says_how_many_minutes_are_left(tmp_path: Path) -> None:
    class Second(Team):
        def decided(self, value: Any) -> Any:
            return 3.0

    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network", finish_by="18:00")
    assert session._plan(run, Second(1, 2)).training.max_minutes == 3.0


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system cannot change the time zone of a process")
def test_a_night_of_summer_time_has_an_hour_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        evening = datetime(2026, 3, 28, 22, 0).timestamp()
        assert deadline.minutes(_asked("06:00"), evening, evening) == pytest.approx(7 * 60 - 15)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["24:00", "6", "12:60", "noon", "-1:00", "18:00\n"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        _asked(text)
