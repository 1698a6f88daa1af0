"""The page as a whole, looked at: fit for a screen reader, no wider than a phone, and it forgets nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from tests.browser import OpenPage, accessibility_problems
from tests.serving import Served, served
from tests.test_whole_job import OVER, POINTS, ending, newest, until

PANELS = ("data", "train", "live", "result", "download", "runs")
GRAVE = re.compile(r"\((serious|critical)\)")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio with a finished run, to be looked at."""
    workspace = tmp_path_factory.mktemp("looked-at")
    door = Studio(settings.load(workspace=workspace))
    dataset = door.import_dataset(ImportRequest(Path("support-messages")))
    door.start(dataset["dataset"], None, Wish(preset="quick"))
    until(lambda: newest(door)["status"] in OVER, 180)
    assert newest(door)["status"] == "finished"
    with served(workspace) as found:
        yield found


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "dark", [pytest.param(False, id="light"), pytest.param(True, id="dark", marks=pytest.mark.thorough)]
)
def test_axe_finds_nothing_serious_on_any_panel(open_page: OpenPage, seen: Served, dark: bool) -> None:
    page = open_page(seen.url, dark=dark)
    found = []
    for name in PANELS:
        page.locator("#panels [role=tab]").nth(PANELS.index(name)).click()
        page.wait_for_timeout(2500)
        found += [
            f"{name}: {problem}"
            for problem in accessibility_problems(page)
            if "serious" in problem or "critical" in problem
        ]
    assert found == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", ["en-US", pytest.param("zh-CN", marks=pytest.mark.thorough)])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, seen: Served, language: str) -> None:
    page = open_page(seen.url, size=(360, 740), locale=language)
    wide = {}
    for name in PANELS:
        page.goto(f"{seen.url}/?panel={name}")
        page.locator(f"#panel-{name}").wait_for(timeout=60_000)
        page.wait_for_timeout(2500)
        wide[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in wide.items() if width > 360} == {}


@pytest.mark.timeout(400)
def test_a_restarted_server_shows_the_same_run_and_the_run_does_not_notice(open_page: OpenPage, tmp_path: Path) -> None:
    door = Studio(settings.load(workspace=tmp_path / "workspace"))
    dataset = door.import_dataset(ImportRequest(Path("support-messages")))
    run = door.start(dataset["dataset"], None, Wish(method="full", changes={"epochs": 1000, "log_every": 1}))["run"]
    with ending(door):
        for _ in range(2):
            with served(tmp_path / "workspace") as studio:
                until(lambda: door.show(run)["status"] == "running", 60)
                page = open_page(f"{studio.url}/?panel=live", tolerate="ERR_|Failed to|NetworkError")
                page.wait_for_function(POINTS, arg=3, timeout=120_000)
                page.get_by_role("button", name="Stop and keep").wait_for()
                page.wait_for_url(re.compile(run), timeout=30_000)
            assert door.show(run)["status"] == "running"
