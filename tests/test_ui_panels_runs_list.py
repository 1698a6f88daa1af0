"""The list of runs: search, pages, small curves, and names that stay names."""

from __future__ import annotations

import math
from typing import Any

import pytest

from studio.runs.store import Status
from studio.ui.panels.runs_list import PAGE, Entry, ago, matching, page, sparkline
from studio.ui.words import LANGUAGES, speaker

HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{value}} \u202egnp.exe"
EN = speaker("en")


def run(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "run": f"{number:026d}",
        "name": f"run {number}",
        "status": "finished",
        "created": 0.0,
        "dataset": "d1",
        "task": "text_classification",
        "model": "minilm-l6",
        "method": "lora",
        "step": 10,
        "total_steps": 40,
        "seconds_left": None,
        "metric": "macro_f1",
        "value": 0.9123,
    } | changes


def test_every_word_of_a_search_has_to_be_found_somewhere() -> None:
    runs = [run(1, name="Spam"), run(2, status="failed"), run(3, dataset="d2", method="head")]
    names = {"d1": "banking", "d2": "手写数字"}
    found = {
        wanted: [item["run"][-1] for item in matching(runs, wanted, names, EN)]
        for wanted in ("", "spam LORA", "failed", "手写", "banking", "finished head", "nothing of it")
    }
    assert found == {
        "": ["1", "2", "3"],
        "spam LORA": ["1"],
        "failed": ["2"],
        "手写": ["3"],
        "banking": ["1", "2"],
        "finished head": ["3"],
        "nothing of it": [],
    }


def test_the_words_of_the_page_are_searched_too() -> None:
    runs = [run(1), run(2, status="failed", method="head")]
    assert [item["run"][-1] for item in matching(runs, "失败 仅输出层", {}, speaker("zh"))] == ["2"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", Status)
def test_every_state_is_shown(status: Status, language: str) -> None:
    shown = str(page([Entry(run(status=status.value, value=None), "data", "LoRA")], 0, "", 60.0, speaker(language)))
    assert f"badge-{status.value}" in shown


def test_a_run_at_work_says_how_far_it_is() -> None:
    assert "step 10 of 40" in str(page([Entry(run(status="running"), "d", "m")], 0, "", 1.0, EN))
    assert "step 10" not in str(page([Entry(run(), "d", "m")], 0, "", 1.0, EN))


def test_a_run_that_waits_says_where_it_stands_and_when_it_starts() -> None:
    waiting = run(status="queued")
    shown = str(page([Entry(waiting, "d", "m", place=2, starts_in=130.0)], 0, "", 1.0, EN))
    assert "place 2, starts in about 2 min" in shown
    assert "place 2<" in str(page([Entry(waiting, "d", "m", place=2)], 0, "", 1.0, EN))


def test_the_selected_run_is_marked_for_everybody() -> None:
    shown = str(page([Entry(run(1), "d", "m"), Entry(run(2), "d", "m")], 0, run(2)["run"], 1.0, EN))
    assert shown.count('aria-pressed="true"') == 1
    assert f'data-ask="pick:{run(2)["run"]}" aria-pressed="true"' in shown


def test_what_is_left_is_offered() -> None:
    entries = [Entry(run(), "d", "m")]
    assert "Show 7 more" in str(page(entries, 7, "", 1.0, EN))
    assert f"Show {PAGE} more" in str(page(entries, 300, "", 1.0, EN))
    assert 'data-ask="more"' not in str(page(entries, 0, "", 1.0, EN))


def test_nothing_found_says_what_to_do() -> None:
    assert "Search for fewer words." in str(page([], 0, "", 1.0, EN))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "just now"), (61, "1 min ago"), (7300, "2 h ago"), (90000, "yesterday"), (400000, "4 days ago")],
)
def test_ages_are_in_words(seconds: float, words: str) -> None:
    assert ago(seconds, EN) == words


def test_a_curve_stays_in_its_box_and_has_words() -> None:
    drawn = str(sparkline(Entry(run(), "d", "m", 1.0, "MacroF1/valid", [0.2, 0.9, math.nan, 0.5]), EN))
    points = [tuple(map(float, pair.split(","))) for pair in drawn.split('points="')[1].split('"')[0].split()]
    assert len(points) == 3
    assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in points)
    assert points[1][1] < points[2][1] < points[0][1]  # higher is up
    assert 'aria-label="MacroF1 over the course of training: 0.2 → 0.5"' in drawn


def test_a_flat_curve_is_drawn_and_a_single_point_is_not() -> None:
    assert sparkline(Entry(run(), "d", "m", 1.0, "Loss/train", [1.0, 1.0]), EN) is not None
    assert sparkline(Entry(run(), "d", "m", 1.0, "Loss/train", [1.0]), EN) is None
    assert sparkline(Entry(run(), "d", "m", 1.0, "Loss/train", [math.nan, math.inf, 1.0]), EN) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_others_stay_text(language: str) -> None:
    hostile = run(name=HOSTILE, model=HOSTILE, metric=HOSTILE)
    shown = str(page([Entry(hostile, HOSTILE, HOSTILE)], 0, "", 1.0, speaker(language)))
    assert "<img" not in shown
    assert "${" not in shown
    assert "{{" not in shown
    assert "\u202e" not in shown
