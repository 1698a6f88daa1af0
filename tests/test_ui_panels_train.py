"""The panel Train in a browser: choose, change, reset, copy the command, start once; measure and give up; clone."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from studio.ui.panels.train_asked import ahead
from tests.browser import PHONE, OpenPage, accessibility_problems
from tests.data_helpers import reviews, write
from tests.serving import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

NAME = "reviews ${6*7} & <b>"
SLOW = 60_000  # milliseconds that a server on a busy machine may take


@dataclass(frozen=True)
class Place:
    """A served studio, the same workspace as an object, and a dataset in it."""

    served: Served
    studio: Studio
    dataset: str

    def url(self, more: str = "") -> str:
        return f"{self.served.url}?dataset={self.dataset}{more}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("train")
    studio = Studio(settings.load(workspace=folder / "workspace"))
    file = write(folder, "reviews.csv", reviews(300, 3))
    dataset = studio.import_dataset(ImportRequest(file, name=NAME))["dataset"]
    with served(folder / "workspace") as running:
        yield Place(running, studio, str(dataset))
    for run in studio.runs():
        assert run["status"] not in ("preparing", "running", "queued")


def opened(open_page: OpenPage, url: str, **more: Any) -> Page:
    """The panel, ready for use: opened by its tab when the page has found what is selected."""
    page = open_page(url, **more)
    page.wait_for_function("document.querySelector('#selected-dataset :is(input, textarea)')?.value", timeout=SLOW)
    page.locator("#panels button[role=tab]").nth(1).click()
    page.locator("#train-start").wait_for(timeout=SLOW)
    page.get_by_text("Ready to start").or_(page.get_by_text("可以开始")).wait_for(timeout=SLOW)
    return page


def option(page: Page, label: str) -> Locator:
    return page.locator("#train-advanced").get_by_label(label).first


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_choices_changes_reset_and_command(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, place.url())
    expect(page.locator("#train-dataset")).to_contain_text(NAME)
    command = page.locator("#train-command code")
    expect(command).to_contain_text("--method full --preset balanced", timeout=SLOW)
    page.locator("#train-method").get_by_role("radio").nth(1).check()
    expect(command).to_contain_text("--method lora", timeout=SLOW)
    page.get_by_role("button", name="Advanced").click()
    option(page, "Epochs").fill("7")
    option(page, "Rank").fill("4")
    expect(page.get_by_role("button", name="Advanced: 2 changed")).to_be_visible(timeout=SLOW)
    expect(command).to_contain_text("--set epochs=7 --set rank=4", timeout=SLOW)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#train-command").get_by_role("button", name="Copy").click()
    expect(page.locator("#train-command").get_by_role("button", name="Copied")).to_be_visible()
    words = shlex.split(str(page.evaluate("navigator.clipboard.readText()")))
    assert words[words.index("train") + 1 :] == [
        *(place.dataset, "--model", "minilm-l6", "--method", "lora", "--preset", "balanced"),
        *("--set", "epochs=7", "--set", "rank=4"),
    ]
    option(page, "Epochs").fill("no number")
    expect(page.locator("#train-ready")).to_contain_text("epochs cannot be 'no number'", timeout=SLOW)
    expect(page.locator("#train-start")).to_be_disabled()
    page.get_by_role("button", name="Reset all").click()
    expect(option(page, "Epochs")).to_have_value("", timeout=SLOW)
    expect(page.locator("#train-changed")).to_contain_text("Nothing is changed", timeout=SLOW)
    expect(page.locator("#train-start")).to_be_enabled()


def test_what_was_entered_survives_another_method_and_another_panel(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, place.url())
    methods = page.locator("#train-method").get_by_role("radio")
    methods.nth(1).check()
    page.get_by_role("button", name="Advanced").click()
    option(page, "Rank").fill("4")
    expect(page.locator("#train-changed")).to_contain_text("1 changed", timeout=SLOW)
    methods.nth(0).check()
    expect(page.locator("#train-changed")).to_contain_text("Nothing is changed", timeout=SLOW)
    page.get_by_role("tab", name="Data").click()
    page.get_by_role("tab", name="Train").click()
    methods.nth(1).check()
    expect(option(page, "Rank")).to_have_value("4", timeout=SLOW)
    expect(page.locator("#train-changed")).to_contain_text("1 changed", timeout=SLOW)


def test_what_was_entered_survives_a_reload_until_it_is_reset_or_started(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    def filled_in() -> Page:
        page.locator("#train-method").get_by_role("radio").nth(1).check()
        page.get_by_role("button", name="Advanced").click()
        option(page, "Rank").fill("4")
        page.get_by_label("Name of the run").fill(NAME)
        expect(page.locator("#train-command code")).to_contain_text("--set rank=4 --name", timeout=SLOW)
        return page

    def again() -> None:
        page.reload()
        page.get_by_role("tab", name="Train", exact=True).click()
        expect(page.locator("#train-ready")).to_contain_text("Ready to start", timeout=SLOW)

    page = opened(open_page, place.url())
    filled_in()
    again()
    expect(page.locator("#train-command code")).to_contain_text("--method lora", timeout=SLOW)
    expect(page.locator("#train-command code")).to_contain_text("--set rank=4 --name", timeout=SLOW)
    page.get_by_role("button", name="Advanced: 1 changed").click()
    expect(option(page, "Rank")).to_have_value("4")
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator("#train-changed")).to_contain_text("Nothing is changed", timeout=SLOW)
    again()
    expect(page.locator("#train-command code")).not_to_contain_text("rank")
    filled_in().locator("#train-start").click()
    expect(page.get_by_role("tab", name="Live")).to_have_attribute("aria-selected", "true", timeout=SLOW)
    assert page.evaluate("sessionStorage.length") == 0
    end_all(place)


def test_a_preset_with_a_method_of_its_own_takes_it_along(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, place.url())
    presets, methods = (page.locator(f"#train-{name}").get_by_role("radio") for name in ("preset", "method"))
    presets.nth(0).check()
    expect(methods.nth(2)).to_be_checked(timeout=SLOW)
    methods.nth(2).focus()
    page.keyboard.press("ArrowUp")
    expect(methods.nth(1)).to_be_checked(timeout=SLOW)
    expect(presets.nth(1)).to_be_checked(timeout=SLOW)


def test_a_double_click_on_start_makes_one_run(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    before = len(place.studio.runs())
    page = opened(open_page, place.url())
    page.get_by_label("Name of the run").fill(NAME)
    expect(page.locator("#train-command code")).to_contain_text("--name", timeout=SLOW)
    page.locator("#train-start").dblclick()
    expect(page.get_by_role("tab", name="Live")).to_have_attribute("aria-selected", "true", timeout=SLOW)
    try:
        run = place.studio.runs()[0]
        assert run["name"] == NAME
        expect(page).to_have_url(re.compile(f"run={run['run']}"))
        page.get_by_role("tab", name="Train").click()
        expect(page.locator("#train-ready")).to_contain_text("this will be number 2", timeout=SLOW)
        expect(page.get_by_role("button", name="Measure on this machine")).to_be_disabled()
        assert len(place.studio.runs()) == before + 1
    finally:
        end_all(place)


def end_all(place: Place) -> None:
    """Stop every run, and wait until none is left."""
    for run in place.studio.runs():
        if run["status"] in ("queued", "preparing", "running"):
            place.studio.stop(run["run"], discard=True)
    assert eventually(lambda: ahead(place.studio) == 0)


@pytest.fixture(scope="module")
def long_texts(place: Place, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dataset whose steps take long enough to be given up."""
    rows = "".join(f"{'word ' * 300}{i},class{i % 2}\n" for i in range(400))
    file = write(tmp_path_factory.mktemp("long"), "long.csv", f"text,label\n{rows}")
    return str(place.studio.import_dataset(ImportRequest(file))["dataset"])


@pytest.mark.parametrize("end", ["asked", "changed", "closed", "started"])
def test_measuring_ends_with_its_process(open_page: OpenPage, place: Place, long_texts: str, end: str) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, f"{place.served.url}?dataset={long_texts}")
    measure, give_up = (page.locator(f"#train-{name}") for name in ("measure", "give-up"))

    def at_work() -> bool:
        return any((place.served.workspace / "runs").glob(".forecast-*"))

    measure.click()
    expect(give_up).to_be_visible(timeout=SLOW)
    expect(page.locator("#train-progress")).to_contain_text("Measuring", timeout=SLOW)
    assert at_work()
    match end:
        case "asked":
            give_up.click()
            expect(measure).to_be_visible(timeout=SLOW)
        case "changed":
            page.locator("#train-method").get_by_role("radio").nth(1).check()
            expect(measure).to_be_visible(timeout=SLOW)
        case "closed":
            page.close()
        case _:
            page.locator("#train-start").click()
    assert eventually(lambda: not at_work())
    end_all(place)


def test_a_run_s_settings_fill_the_form(open_page: OpenPage, place: Place) -> None:
    from playwright.sync_api import expect

    wish = Wish(method="lora", preset="best", changes={"epochs": 9, "optimizer": "sgd", "rank": 2})
    run = place.studio.start(place.dataset, None, wish, "to be cloned")["run"]
    place.studio.stop(run, discard=True)
    end_all(place)
    page = opened(open_page, place.url())
    page.get_by_role("tab", name="Data", exact=True).click()
    page.evaluate(
        "(run) => { const box = document.querySelector('#clone-run textarea, #clone-run input');"
        " box.value = run; box.dispatchEvent(new Event('input', {bubbles: true})); }",
        run,
    )
    expect(page.get_by_role("tab", name="Train", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#train-cloning")).to_contain_text("Looking up")
    expect(page.locator("#train-command code")).to_contain_text(
        "--method lora --preset best --set epochs=9 --set optimizer=sgd --set rank=2", timeout=SLOW
    )
    expect(page.locator("#train-cloning")).to_be_empty()
    page.get_by_role("button", name="Advanced: 3 changed").click()
    expect(option(page, "Epochs")).to_have_value("9")


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_read_by_everybody(open_page: OpenPage, place: Place, dark: bool) -> None:
    page = opened(open_page, place.url(), dark=dark)
    page.get_by_role("button", name="Advanced").click()
    option(page, "Epochs").wait_for()
    problems = accessibility_problems(page, "#panel-train")
    assert [problem for problem in problems if "(serious)" in problem or "(critical)" in problem] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, place: Place, language: str) -> None:
    page = opened(open_page, place.url(f"&lang={language}"), size=PHONE)
    page.locator("#train-advanced button").first.click()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_without_a_dataset_it_says_where_to_get_one(open_page: OpenPage, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    with served(tmp_path / "empty") as running:
        page = open_page(running.url)
        page.get_by_role("tab", name="Train").click(timeout=SLOW)
        expect(page.locator("#train-empty")).to_contain_text("No dataset yet", timeout=SLOW)
        expect(page.locator("#train-start")).to_have_count(0)
        page.close()  # before its server is gone
