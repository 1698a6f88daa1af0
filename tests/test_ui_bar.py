"""The run bar: what works, what waits, and a state that changes exactly when something happened to a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.runs import store
from studio.ui import bar
from studio.ui.words import LANGUAGES, speaker
from tests import tiny
from tests.trained import TinyRuns

EN = speaker("en")


class Told:
    """Runs as the front door lists them."""

    def __init__(self, *runs: dict[str, Any]) -> None:
        self._runs = list(runs)

    def runs(self) -> list[dict[str, Any]]:
        return self._runs


def run(status: str, **known: Any) -> dict[str, Any]:
    return {
        "run": "r" * 26,
        "name": "mine",
        "status": status,
        "step": 30,
        "total_steps": 120,
        "seconds_left": 95,
    } | known


def shown(*runs: dict[str, Any]) -> str:
    return str(bar.shown(Told(*runs), EN)["html"])  # type: ignore[arg-type]


def test_without_runs_it_says_how_to_begin() -> None:
    assert "press Start" in shown()


def test_a_run_at_work_shows_its_progress_and_the_time_left() -> None:
    said = shown(run("running"), run("queued"), run("running"))
    assert 'value="30"' in said
    assert 'max="120"' in said
    assert "2 min left" in said
    assert "1 waiting" in said
    assert "1 more at work" in said


def test_what_has_no_total_yet_shows_no_progress() -> None:
    assert "<progress" not in shown(run("preparing", total_steps=None))


def test_the_last_run_is_named_when_nothing_works() -> None:
    assert "mine, finished" in shown(run("finished"))


def test_the_browser_learns_what_is_over_and_how_it_ended() -> None:
    runs = [run("finished"), *(run("failed", run=f"{n:026d}") for n in range(30)), run("queued", name="late")]
    news = bar.shown(Told(*runs), EN)["news"]  # type: ignore[arg-type]
    assert news[0] == {"run": "r" * 26, "over": True, "text": "mine: finished."}
    assert (len(news), news[-1]["over"], news[-1]["text"]) == (bar.LISTED + 1, False, "late: waiting.")


def test_a_run_without_a_sign_of_work_is_marked() -> None:
    assert "no sign of work" in shown(run("running", silent=70.0))
    assert "no sign of work" not in shown(run("running", silent=0.0))


def test_a_name_is_text(tmp_path: Path) -> None:
    said = shown(run("running", name="<img src=x onerror=alert(1)>${6*7}"), run("queued"))
    assert "<img" not in said
    assert "${" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_state_changes_with_a_runs_status_only(language: str, tiny_runs: TinyRuns) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    before = bar.shown(studio, speaker(language))
    assert before["state"].count(":finished") == len(tiny_runs.runs)
    assert bar.shown(studio, speaker(language)) == before


def test_a_real_queue_is_shown(tmp_path: Path) -> None:
    network = tmp_path / "network"
    tiny.NETWORKS["bert"].make(network)
    made = tiny.new_run(tmp_path / "workspace", "text_classification", "full", network, max_steps=1)
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    assert store.record(made)["status"] == "interrupted"
    assert "interrupted" in str(bar.shown(studio, EN)["html"])
