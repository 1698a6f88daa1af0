"""To be over by a time of day: how many minutes of training that leaves."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

from studio.runs import events
from studio.spec import TrainingParams

RESERVE, MOST_RESERVE = 0.1, 15.0  # of the time left is for scoring and saving at the end; minutes at most


def left(params: TrainingParams, log: Path, spent: float = 0.0) -> float | None:
    """`minutes` for now and for the worker that wrote last into a run's log that it has the device."""
    began = next((e.at for e in reversed(events.read(log)) if isinstance(e, events.Preparing)), time.time())
    return minutes(params, began, time.time(), spent)


def minutes(params: TrainingParams, began: float, now: float, spent: float = 0.0) -> float | None:
    """The `max_minutes` of a run, those it has `spent` (seconds) in training before included; None for no limit.

    `finish_by` is the next time of that name after the worker `began`. `began` and `now` are seconds since 1970.
    """
    if params.finish_by is None:
        return params.max_minutes
    left = max(0.0, (_next(params.finish_by, began) - now) / 60)
    end = spent / 60 + left - min(RESERVE * left, MOST_RESERVE)
    return end if params.max_minutes is None else min(end, params.max_minutes)


def _next(clock: str, after: float) -> float:
    """When a clock of this machine next shows HH:MM, in seconds since 1970: also across a change to summer time."""
    hour, minute = map(int, clock.split(":"))
    today = datetime.fromtimestamp(after).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return next(day.timestamp() for day in (today, today + timedelta(days=1)) if day.timestamp() > after)
