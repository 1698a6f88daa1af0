"""History and log of a run: events in words, and foreign text that stays text."""

from __future__ import annotations

from typing import Any

import pytest

from studio.ui.panels.live_log import LINES, history, log
from studio.ui.words import LANGUAGES, speaker

RUN = "01m815ew5szqhzmh6dfjgr2r16"
HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{value}} \u202egnp.exe"


def event(name: str, seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"event": name, "at": 1000.0 + seconds, "seconds": seconds} | more


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_words(language: str) -> None:
    events = [
        event("created"),
        event("waiting"),
        event("preparing"),
        event("prepared"),
        event("warned", code="x", message="look out"),
        event("started", step=0),
        event("shrunk", token_budget=3),
        event("evaluating", step=9),
        event("finished", step=9),
        event("stopped", kept=True, step=9),
        event("failed", error={"what": "It broke."}),
    ]
    shown = str(history(events, speaker(language)))
    assert shown.count("<li>") == len(events)
    assert "look out" in shown
    assert "It broke." in shown


def test_checkpoints_in_a_row_are_one_entry() -> None:
    events = [event("started", step=0), *(event("saved", step, step=step) for step in (1, 2, 3)), event("finished")]
    shown = str(history(events, speaker("en")))
    assert "3 checkpoints were saved, the last at step 3." in shown
    assert shown.count("<li>") == 3
    assert "A checkpoint is safe at step 1,000." in str(history([event("saved", step=1000)], speaker("en")))


def test_a_resumed_run_goes_on_from_its_step() -> None:
    assert "goes on from step 40" in str(history([event("started", step=40)], speaker("en")))


def test_a_run_that_kept_nothing_says_so() -> None:
    assert "no model was kept" in str(history([event("stopped", kept=False)], speaker("en")))


def test_an_event_of_a_newer_studio_is_shown_by_its_name() -> None:
    assert "teleported" in str(history([event("teleported")], speaker("en")))


def test_the_log_shows_its_last_lines_as_text() -> None:
    shown = str(log(RUN, "\n".join(f"line {i} {HOSTILE}" for i in range(LINES + 50)), speaker("en")))
    assert "line 49 " not in shown
    assert "line 249 " in shown
    assert "<img" not in shown
    assert "${" not in shown
    assert "{{" not in shown
    assert "\u202e" not in shown
    assert f'href="download/{RUN}/log.txt"' in shown


def test_an_empty_log_says_that_nothing_went_wrong() -> None:
    shown = str(log(RUN, "", speaker("en")))
    assert "nothing went wrong" in shown
    assert "<pre>" not in shown


def test_hostile_words_in_events_stay_words() -> None:
    shown = str(history([event("failed", error={"what": HOSTILE}), event("warned", message=HOSTILE)], speaker("zh")))
    assert "<img" not in shown
    assert "[U+202E]" in shown
