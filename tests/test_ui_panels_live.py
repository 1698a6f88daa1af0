"""The panel Live: what it shows of real runs, and one real run from its first point to its end in a browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from studio.runs import events
from studio.runs.store import Run
from studio.ui.panels.live import MOST_COMPARED, choices, drawn, findings, shown, written
from studio.ui.panels.live_follow import OVER, Follower
from studio.ui.words import speaker
from tests import tiny
from tests.browser import OpenPage, accessibility_problems, expect
from tests.finished import finished, record_curves
from tests.serving import Served, served
from tests.test_ui_panels_live_control import HOSTILE, page_of, planned

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG = {"epochs": 1000, "early_stopping": 0, "evaluations": 500, "log_every": 1}
STEPS_MS = 120_000  # for a worker to load its libraries and take its first steps on a busy machine


def test_nothing_is_shown_where_no_run_is_chosen(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    assert "Press Start in the panel Train." in shown(page, Follower(page.studio), "")["html"]
    assert written(page, "") == {"html": "", "state": ""}
    assert [str(findings(page, run)) for run in ("", "0" * 26, "../../etc")] == ["", "", ""]
    assert drawn(page, "", "") == ""


def test_the_state_follows_the_run_and_the_doctor(tmp_path: Path) -> None:
    page, run = page_of(tmp_path), planned(tmp_path)
    follower = Follower(page.studio)
    states = [shown(page, follower, run.id)["state"]]
    events.append(run.log, events.Failed({"code": "storage", "what": "Full.", "where": "", "why": "", "next": ""}))
    states.append(shown(page, follower, run.id)["state"])
    assert states == ["interrupted interrupted", "failed failed"]
    assert "Full." in str(findings(page, run.id))


def test_history_and_log_come_together(tmp_path: Path) -> None:
    page, run = page_of(tmp_path), planned(tmp_path)
    run.output.write_text("\x1b[31m<script>alert(1)</script>\n")
    html = written(page, run.id)["html"]
    assert "The run was started." in html
    assert "␛[31m&lt;script&gt;" in html


def test_the_run_itself_is_drawn_first_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    page = page_of(tmp_path)
    runs = [planned(tmp_path).id for _ in range(MOST_COMPARED + 3)]
    value = drawn(page, runs[3], f"{runs[0]} {'0' * 26} <img> {runs[3]}")
    assert re.findall(r'"id": "([0-9a-z]+)"', value) == [runs[3], runs[0]]
    assert len(re.findall(r'"id"', drawn(page, runs[0], " ".join(runs)))) == MOST_COMPARED + 1


def test_the_lists_of_runs_keep_what_is_chosen(tmp_path: Path) -> None:
    page, one, two = page_of(tmp_path), planned(tmp_path).id, planned(tmp_path).id
    chooser, others = choices(page, one, f"{two} {one} {'0' * 26}")
    assert (chooser["value"], others["value"]) == (one, [two])
    assert [value for _, value in chooser["choices"]] == [two, one]
    assert [value for _, value in others["choices"]] == [two]
    assert choices(page, "gone", "")[0]["value"] is None


# In a browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample, a small network to train on it, and two runs that are over."""
    folder = tmp_path_factory.mktemp("live")
    tiny.tiny_bert(folder / "bert")
    broken = tiny.new_run(folder, "text_classification", "full", folder / "bert", learning_rate=0.3, epochs=1000)
    record_curves(broken, {"Loss/train": [1.0, 2.0, 4.0]})
    events.append(broken.log, events.Started(0))
    error = {"code": "not_finite", "what": "The loss became NaN.", "where": "", "why": "", "next": ""}
    events.append(broken.log, events.Failed(error))
    studio = Studio(settings.load(workspace=folder))
    studio.rename(broken.id, "broken")
    studio.rename(finished(folder, "text_classification", []).id, HOSTILE)
    return folder


@pytest.fixture(scope="module")
def site(workspace: Path) -> Iterator[Served]:
    with served(workspace) as running:
        yield running


@pytest.fixture(scope="module")
def studio(workspace: Path) -> Iterator[Studio]:
    """The same workspace as the page's; no worker of it outlives the tests."""
    room = Studio(settings.load(workspace=workspace))
    yield room
    for run in room.runs():
        if run["status"] not in OVER:
            room.stop(run["run"], discard=True)
    deadline = time.monotonic() + 60
    while any(run["status"] not in OVER for run in room.runs()) and time.monotonic() < deadline:
        time.sleep(0.1)


def long_run(studio: Studio, workspace: Path) -> str:
    """A run on the sample that goes on until it is stopped."""
    data = studio.import_dataset(ImportRequest(Path("support-messages")))
    wish = Wish(method="head", changes=LONG)
    return str(studio.start(data["dataset"], str(workspace / "bert"), wish, "support long")["run"])


OPENED = """([panel, label]) => {
  if (!document.querySelector("#selected-run :is(input, textarea)")?.value) return false;
  if (document.querySelector(`#panel-${panel}`)?.getClientRects().length) return true;
  const behind = [...document.querySelectorAll("#panels > .tab-wrapper .overflow-dropdown button")];
  const tab = document.querySelector(`#panel-${panel}-button`) ?? behind.find((one) => one.textContent === label);
  tab?.click();
  return false;
}"""


def visit(open_page: OpenPage, site: Served, panel: str, run: str = "", **more: Any) -> Page:
    """The page with a run and a panel open. On a narrow page the panel's tab may be one of those behind a button."""
    page: Page = open_page(f"{site.url}?panel={panel}&run={run}", **more)
    label = speaker("zh" if "locale" in more else "en")(f"tab.{panel}")
    page.wait_for_function(OPENED, arg=[panel, label], polling=500, timeout=60_000)
    return page


def wait_for_points(page: Page, least: int) -> None:
    enough = "(n) => Number(document.querySelector('#live-curves [data-points]')?.dataset.points ?? 0) >= n"
    page.wait_for_function(enough, arg=least, timeout=STEPS_MS)


def problems(page: Page, within: str) -> list[str]:
    """What axe finds when nothing is fading in or out any more."""
    page.wait_for_function("document.getAnimations().every((one) => one.playState !== 'running')")
    return accessibility_problems(page, within)


def test_a_run_is_followed_stopped_resumed_renamed_cloned_and_deleted(
    open_page: OpenPage, site: Served, studio: Studio, workspace: Path
) -> None:
    run = long_run(studio, workspace)
    page = visit(open_page, site, "live", run)
    head = page.locator("#live-head")
    expect(head.get_by_role("heading", name="support long")).to_be_visible(timeout=30_000)
    wait_for_points(page, 50)
    expect(head.locator(".badge")).to_have_text("training")
    expect(head.get_by_text("Examples per second")).to_be_visible()
    assert problems(page, "#panel-live") == []

    page.get_by_role("button", name="Stop and keep").click()
    expect(head.locator(".badge")).to_have_text("stopped", timeout=STEPS_MS)
    expect(page.get_by_text("support long: stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="See the result")).to_be_visible()
    expect(page.get_by_role("button", name="Stop and keep")).to_be_hidden()
    assert studio.show(run)["metrics"]["test"]

    page.get_by_role("button", name="Resume", exact=True).click()
    expect(head.locator(".badge")).to_have_text("training", timeout=STEPS_MS)
    page.get_by_role("button", name="History and log").click()
    expect(page.locator("#live-log").get_by_text("Training goes on from step")).to_be_visible()
    page.get_by_role("button", name="Stop and discard").click()
    page.get_by_role("button", name="Yes, discard it").click()
    expect(head.get_by_text("No model was kept")).to_be_visible(timeout=STEPS_MS)

    manage(page, studio, run)


def manage(page: Page, studio: Studio, run: str) -> None:
    """The same run in the panel Runs: under another name, as the start of another, and gone."""
    page.get_by_role("tab", name="Runs", exact=True).click()
    page.get_by_label("Name Up to 120 characters.").fill("<b>tidy</b> ${6*7}")
    page.get_by_role("button", name="Rename").click()
    rows = page.locator("#runs-rows")
    expect(rows.get_by_role("button", name="<b>tidy</b> ${6*7}", exact=True)).to_be_visible()
    assert problems(page, "#panel-runs") == []

    page.get_by_role("button", name="Clone settings").click()
    expect(page.get_by_role("tab", name="Train", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#panel-train")).to_contain_text("epochs=1000")
    page.get_by_role("tab", name="Runs", exact=True).click()

    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("“<b>tidy</b> ${6*7}” goes with its model")).to_be_visible()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(rows.get_by_text("tidy")).to_have_count(0)
    assert run not in {item["run"] for item in studio.runs()}


def test_the_doctor_starts_the_run_that_it_advises(open_page: OpenPage, site: Served, studio: Studio) -> None:
    broken = next(run for run in studio.runs() if run["name"] == "broken")["run"]
    page = visit(open_page, site, "live", broken)
    page.get_by_role("button", name="Train again with a third of the learning rate (0.1)").click(timeout=30_000)
    head = page.locator("#live-head")
    expect(head.get_by_role("heading", name="tiny text_classification full")).to_be_visible()
    page.get_by_role("button", name="Stop and discard").click()
    page.get_by_role("button", name="Yes, discard it").click()
    expect(head.locator(".badge")).to_have_text(re.compile("stopping|stopped"), timeout=STEPS_MS)
    started = studio.runs()[0]
    assert studio.show(started["run"])["spec"]["training"]["learning_rate"] == pytest.approx(0.1)


def test_a_search_narrows_the_list_and_a_press_opens_a_run(open_page: OpenPage, site: Served, studio: Studio) -> None:
    page = visit(open_page, site, "runs", size=(360, 740), dark=True)
    rows = page.locator("#runs-rows")
    expect(rows.get_by_role("button", name=HOSTILE.replace("\u202e", "[U+202E]"), exact=True)).to_be_visible(
        timeout=30_000
    )
    page.get_by_label("Search").fill("broken failed")
    expect(rows.get_by_text("runs match")).to_have_text(f"1 of {len(studio.runs())} runs match.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # The newest run is selected, and its buttons can be pressed once the panel has looked it up.
    expect(page.locator("#panel-runs").get_by_role("button", name="Delete", exact=True)).to_be_enabled(timeout=30_000)
    assert problems(page, "#panel-runs") == []
    rows.get_by_role("button", name="broken", exact=True).click()
    expect(page.locator("#live-head").get_by_role("heading", name="broken")).to_be_visible()


def test_runs_are_compared_by_their_names(open_page: OpenPage, site: Served) -> None:
    page = visit(open_page, site, "runs", locale="zh-CN")
    page.get_by_role("button", name="比较训练").click(timeout=30_000)
    page.get_by_label("要比较的训练").click()
    for name in ("broken", HOSTILE):
        page.get_by_role("option").filter(has_text=name).first.click()
    table = page.locator("#runs-compared")
    expect(table.get_by_role("columnheader", name="broken")).to_be_visible()
    expect(table.get_by_role("rowheader", name="学习率", exact=True)).to_be_visible()


def test_the_page_of_a_run_that_vanished_says_so(open_page: OpenPage, site: Served, workspace: Path) -> None:
    run: Run = planned(workspace)
    page = visit(open_page, site, "live", run.id, tolerate="404")
    expect(page.locator("#live-head .badge")).to_have_text("interrupted", timeout=30_000)
    Studio(settings.load(workspace=workspace)).delete(run.id)
    expect(page.locator("#live-head").get_by_text("There is no run")).to_be_visible()
