"""The log of a run tells its facts in order, and a torn or strange line takes nothing else with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio import sealed
from studio.runs import events

EVERY = [
    events.Waiting(at=1.5),
    events.Preparing(),
    events.Prepared({"rows": {"train": 8}, "device": "cpu"}),
    events.Warned("imbalance", "One class is rare: 罕见."),
    events.Started(0),
    events.Saved(10),
    events.Shrunk(2048),
    events.Evaluating(20),
    events.Finished(20),
    events.Stopped(20, kept=False),
    events.Failed({"code": "storage", "what": "The disk is full."}),
]


@pytest.mark.parametrize("event", EVERY, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was_written(tmp_path: Path, event: events.Event) -> None:
    events.append(tmp_path / "log", event)
    assert events.read(tmp_path / "log") == [event]


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVERY} == set(events.Event.__subclasses__())


def test_events_come_back_in_order_and_with_their_times(tmp_path: Path) -> None:
    for event in EVERY:
        events.append(tmp_path / "log", event)
    assert events.read(tmp_path / "log") == EVERY


def test_a_run_without_a_log_has_no_events(tmp_path: Path) -> None:
    assert events.read(tmp_path / "log") == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"event": "started", "st',
        b'{"event": "started", "at": 1}',
        b'{"event": "of_a_newer_studio", "at": 1, "color": "red"}',
        b'{"event": "started", "at": 1, "step": 1, "more": 2}',
        b'{"event": ["started"]}',
        b"[]",
        b"7",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_a_line_that_cannot_be_read_is_left_out(tmp_path: Path, line: bytes) -> None:
    log = tmp_path / "log"
    events.append(log, EVERY[0])
    with log.open("ab") as file:
        file.write(line + b"\n")
    events.append(log, EVERY[4])
    assert events.read(log) == [EVERY[0], EVERY[4]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(cut=st.integers(0, 2000))
def test_a_log_cut_anywhere_keeps_every_whole_event_before_the_cut(tmp_path: Path, cut: int) -> None:
    log = tmp_path / "log"
    log.unlink(missing_ok=True)
    for event in EVERY:
        events.append(log, event)
    content = log.read_bytes()
    log.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    assert events.read(log)[:whole] == EVERY[:whole]
    assert len(events.read(log)) <= whole + 1


def test_a_line_is_one_json_object_with_the_name_of_its_event(tmp_path: Path) -> None:
    events.append(tmp_path / "log", events.Shrunk(7, at=2.0))
    line = json.loads((tmp_path / "log").read_text())
    assert sealed.unseal(line) == {"event": "shrunk", "token_budget": 7, "at": 2.0}
