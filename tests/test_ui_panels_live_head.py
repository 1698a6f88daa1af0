"""The head of a run in every state, with figures that are known and text that stays text."""

from __future__ import annotations

from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.runs.store import Status
from studio.ui.panels.live_follow import Follower, Look
from studio.ui.panels.live_head import STAGES, figures, head, sentence, stage
from studio.ui.words import LANGUAGES, speaker
from tests.trained import TinyRuns

RUN = "01m815ew5szqhzmh6dfjgr2r16"
HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{value}} \u202egnp.exe"
EN = speaker("en")


def look(status: str = "running", events: tuple[str, ...] = ("preparing", "started"), **changes: Any) -> Look:
    record: dict[str, Any] = {
        "run": RUN,
        "name": "first try",
        "status": status,
        "step": 120,
        "total_steps": 400,
        "phase": "training",
        "seconds_left": 90.0,
        "dataset": RUN,
        "task": "text_classification",
        "model": "minilm-l6",
        "method": "lora",
        "spec": {"training": {"batch_size": 32, "epochs": 4, "rate_trials": 0}},
        "metrics": {},
        "rows": {"train": 3200},
        "facts": {"micro_batch": 256, "max_length": 64},
        "device": "CPU, 2 threads",
        "precision": "bf16",
        "warnings": [],
        "error": None,
        "samples_per_second": None,
        "peak_memory_bytes": None,
    }
    timeline = [{"event": name, "at": 100.0 + i, "seconds": float(i)} for i, name in enumerate(events)]
    others = {name: changes.pop(name) for name in list(changes) if name not in record}
    given: dict[str, Any] = {"record": record | changes, "timeline": timeline, "now": 160.0, "method": "LoRA"}
    return Look(**(given | others))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", Status)
def test_every_state_has_a_head_in_words(status: Status, language: str) -> None:
    shown = str(head(look(status.value), speaker(language)))
    assert f"badge-{status.value}" in shown
    assert shown.count('aria-current="step"') == 1


@pytest.mark.parametrize(
    ("status", "phase", "events", "expected"),
    [
        ("queued", None, ("waiting",), "queued"),
        ("preparing", "preparing", ("waiting", "preparing"), "preparing"),
        ("running", "training", ("preparing", "started"), "training"),
        ("running", "evaluating", ("preparing", "started", "evaluating"), "evaluating"),
        ("stopping", "training", ("preparing", "started"), "training"),
        ("finished", None, ("preparing", "started", "evaluating", "finished"), "done"),
        ("failed", None, ("waiting", "preparing", "failed"), "preparing"),
        ("interrupted", None, ("preparing", "started", "saved"), "training"),
        ("interrupted", None, (), "queued"),
        ("stopped", None, ("preparing", "started", "stopped"), "training"),
    ],
)
def test_the_stage_follows_from_the_state(
    status: str, phase: str | None, events: tuple[str, ...], expected: str
) -> None:
    assert stage(look(status, events, phase=phase)) == expected
    assert expected in STAGES


def test_a_stopped_run_says_whether_a_model_was_kept() -> None:
    kept, dropped = ([{"event": "stopped", "at": 1.0, "kept": kept}] for kept in (True, False))
    assert stage(look("stopped", timeline=kept)) == "done"
    assert sentence(look("stopped", timeline=kept), EN) == EN("live.now.kept")
    assert sentence(look("stopped", timeline=dropped), EN) == EN("live.now.dropped")


def test_a_waiting_run_knows_its_place_and_who_is_before_it() -> None:
    queue = [
        {"run": "b", "name": "other", "position": 0, "device": "cpu", "starts_in": 0.0},
        {"run": RUN, "name": "first try", "position": 2, "device": "cpu", "starts_in": 600.0},
    ]
    assert sentence(look("queued", queue=queue), EN) == (
        "Place 2 in the queue. At work now: other. Starts in about 10 min."
    )
    assert sentence(look("queued"), EN) == EN("live.now.queued")


def test_the_figures_of_a_run_at_work() -> None:
    seen = look(metric="macro_f1", best=(100, 0.9123), speed=81.4, memory=2e9)
    found = {name: (value, note) for name, value, note in figures(seen, EN)}
    assert found["Step"][0] == "120 of 400"
    assert found["Epoch"][0] == "1.2 of 4"
    assert found["Time left"][0] == "2 min"
    assert found["Time so far"][0] == "1 min"
    assert found["Best macro F1"] == ("0.912", "validation, step 100")
    assert found["Examples per second"][0] == "81"
    assert found["Batch"][0] == "32, 4 at a time"
    assert found["Memory of the run"] == ("2.0 GB", "at its peak")
    assert found["Device"] == ("CPU, 2 threads", "bf16")


def test_the_device_is_told_in_the_language_of_the_page() -> None:
    assert any("CPU，2 线程" in figure for figure in figures(look(), speaker("zh")))


def test_memory_that_ran_short_shows_in_the_batch() -> None:
    timeline = [{"event": "shrunk", "at": 1.0, "token_budget": 64}]
    assert ("Batch", "32, 1 at a time", "") in list(figures(look(timeline=timeline), EN))


def test_a_run_that_is_over_has_no_time_left_and_no_gauges() -> None:
    shown = str(head(look("finished"), EN))
    assert "Time left" not in shown
    assert "live-gauges" not in shown
    assert "live-bar" not in shown


def test_before_the_first_step_the_bar_has_no_value() -> None:
    shown = str(head(look("preparing", total_steps=None, step=0), EN))
    assert '<progress class="live-bar"' in shown


def test_an_error_is_shown_unless_the_run_doctor_speaks_of_it() -> None:
    error = {"what": "The disk is full.", "where": "", "why": "", "next": "Free some space."}
    assert "Free some space." in str(head(look("failed", error=error), EN))
    findings = [{"severity": "error"}]
    assert "Free some space." not in str(head(look("failed", error=error, findings=findings), EN))


def test_names_warnings_and_errors_of_others_stay_text() -> None:
    record: dict[str, Any] = {
        "name": HOSTILE,
        "model": HOSTILE,
        "device": HOSTILE,
        "warnings": [{"code": "x", "message": HOSTILE}],
    }
    shown = str(head(look("failed", error={"what": HOSTILE, "next": HOSTILE}, dataset=HOSTILE, **record), EN))
    assert "<img" not in shown
    assert "${" not in shown
    assert "{{" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_runs_have_a_head(tiny_runs: TinyRuns, language: str) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    follower = Follower(studio)
    for run in tiny_runs.runs.values():
        shown = str(head(follower.look(run.id, 0.0), speaker(language)))
        assert "badge-finished" in shown
        assert "tiny" in shown
