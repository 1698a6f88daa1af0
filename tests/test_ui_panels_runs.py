"""The panel Runs: what a press leads to, pages of hundreds of runs, comparison of those that are known."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pytest

from studio.errors import UnknownName
from studio.identifiers import new_id
from studio.locks import Lock
from studio.runs.store import Run
from studio.ui.panels.runs import compare, counted, listing, name_of, pages, press
from studio.ui.panels.runs_list import PAGE
from tests.finished import finished, record_curves
from tests.test_ui_panels_live_control import page_of, planned


def copies(run: Run, count: int) -> None:
    """More runs like this one."""
    for _ in range(count):
        folder = run.folder.parent / new_id()
        folder.mkdir()
        for path in (run.spec_file, run.meta_file):
            (folder / path.name).write_bytes(path.read_bytes())


def selected(update: Any) -> Any:
    return getattr(update, "selected", None) or (update.get("selected") if isinstance(update, dict) else None)


def test_a_press_on_a_name_opens_the_run_where_it_is_at_home(tmp_path: Path) -> None:
    page, done, cut = page_of(tmp_path), finished(tmp_path, "text_classification", []), planned(tmp_path)
    run, panel, _ = press(page, done.id, PAGE)
    assert (run, selected(panel)) == (done.id, "result")
    run, panel, _ = press(page, cut.id, PAGE)
    assert (run, selected(panel)) == (cut.id, "live")


def test_a_press_on_select_stays_here(tmp_path: Path) -> None:
    page, done = page_of(tmp_path), finished(tmp_path, "text_classification", [])
    run, panel, _ = press(page, f"pick:{done.id}", PAGE)
    assert run == done.id
    assert selected(panel) is None


def test_a_press_on_more_shows_the_next_page(tmp_path: Path) -> None:
    assert press(page_of(tmp_path), "more", PAGE)[2] == 2 * PAGE


@pytest.mark.parametrize("ask", ["", "pick:", "../../etc", "<img>", "pick:" + "0" * 26])
def test_a_press_that_nobody_made_is_refused(ask: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        press(page_of(tmp_path), ask, PAGE)


@pytest.mark.parametrize(
    ("asked", "shown"), [(50, 50), (100, 100), (-5, 50), (1e18, 50_000), (math.nan, 50), ("x", 50), (None, 50)]
)
def test_pages_are_whole_whatever_a_browser_asks_for(asked: Any, shown: int) -> None:
    assert pages(asked) == shown


def test_hundreds_of_runs_come_in_pages_and_quickly(tmp_path: Path) -> None:
    run = planned(tmp_path)
    record_curves(run, {"MacroF1/valid": [0.1, 0.5]})
    copies(run, 299)
    page = page_of(tmp_path)
    began = time.perf_counter()
    shown = str(listing(page, run.id, "", PAGE))
    assert time.perf_counter() - began < 5
    assert shown.count("<li") == PAGE
    assert "Show 50 more" in shown
    assert str(listing(page, run.id, "", 6 * PAGE)).count("<li") == 300
    assert "0 of 300" in str(listing(page, run.id, "no such run", PAGE))


@pytest.mark.parametrize("wanted", [None, 3, ["x"], "y" * 10_000])
def test_a_search_may_be_anything(wanted: Any, tmp_path: Path) -> None:
    planned(tmp_path)
    assert "text_classification head" in str(listing(page_of(tmp_path), "", wanted, PAGE)) or isinstance(wanted, str)


def test_no_run_yet_says_what_to_do(tmp_path: Path) -> None:
    assert "Press Start in the panel Train." in str(listing(page_of(tmp_path), "", "", PAGE))


def test_the_list_is_told_of_every_change(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    states = [counted(page)["state"]]
    run = planned(tmp_path)
    states.append(counted(page)["state"])
    page.studio.rename(run.id, "another")
    states.append(counted(page)["state"])
    page.studio.delete(run.id)
    states.append(counted(page)["state"])
    assert len(set(states)) == 3
    assert states[0] == states[3]


def test_runs_at_work_are_counted(tmp_path: Path) -> None:
    run, page = planned(tmp_path), page_of(tmp_path)
    assert "1 run<" in counted(page)["html"]
    lock = Lock.take(run.lock)
    assert lock is not None
    with lock:
        assert "1 waiting" in counted(page)["html"]


def test_two_known_runs_are_compared_and_others_left_out(tmp_path: Path) -> None:
    page, one, two = page_of(tmp_path), planned(tmp_path), planned(tmp_path)
    assert "at least two" in compare(page, [one.id, "0" * 26, one.id])[0]
    tables, curves = compare(page, [one.id, "<img>", two.id])
    assert "Settings that differ" in tables or "All their settings are the same." in tables
    assert one.id in curves
    assert two.id in curves


def test_the_name_of_a_run_that_is_gone_is_empty(tmp_path: Path) -> None:
    page, run = page_of(tmp_path), planned(tmp_path)
    assert name_of(page, run.id) == "text_classification head"
    assert [name_of(page, reference) for reference in ("", "0" * 26)] == ["", ""]
