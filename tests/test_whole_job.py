"""The whole job in a browser, on the studio as people start it: from a file to a model that checks itself elsewhere.

Nothing here knows how the page is made: it presses what a person would press, and reads what a person would read.
"""

from __future__ import annotations

import csv
import itertools
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio import settings
from studio.api import Studio
from tests.browser import OpenPage
from tests.serving import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG = 240_000  # milliseconds: a whole phase of training on a busy machine
POINTS = "n => [...document.querySelectorAll('[data-points]')].some(box => +box.dataset.points > n)"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("whole-job")) as found, ending(front_door(found)):
        yield found


def front_door(studio: Served) -> Studio:
    """The same workspace without a browser."""
    return Studio(settings.load(workspace=studio.workspace))


@contextmanager
def ending(door: Studio) -> Iterator[Studio]:
    """The front door for a block; what still works afterwards is stopped and waited for."""
    try:
        yield door
    finally:
        end_all(door)


def end_all(door: Studio) -> None:
    for run in door.runs():
        if run["status"] in ("queued", "preparing", "running"):
            door.stop(run["run"], discard=True)
    until(lambda: all(run["status"] in OVER for run in door.runs()))


OVER = ("finished", "stopped", "failed", "interrupted")


def until(happened: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def newest(door: Studio) -> dict[str, Any]:
    return door.show(door.runs()[0]["run"])


@pytest.mark.timeout(240)
def test_three_clicks_lead_from_an_empty_page_to_a_running_job(open_page: OpenPage, tmp_path: Path) -> None:
    with served(tmp_path / "workspace") as studio, ending(front_door(studio)) as door:
        page = open_page(studio.url)
        page.evaluate("window.clicks = 0; addEventListener('click', event => { clicks += event.isTrusted }, true)")
        page.get_by_role("button", name=re.compile("online shop")).click()
        page.get_by_role("button", name="Choose how to train").click(timeout=60_000)
        page.get_by_role("button", name="Start training").click(timeout=60_000)
        until(lambda: door.runs())
        assert page.evaluate("window.clicks") == 3
        until(lambda: newest(door)["status"] in ("preparing", "running", *OVER))


@pytest.mark.timeout(900)
def test_a_table_becomes_a_model_that_checks_itself(
    open_page: OpenPage, studio: Served, data_pack: Path, tmp_path: Path
) -> None:
    page, door = open_page(studio.url), front_door(studio)
    file = with_two_label_columns(data_pack / "text_classification" / "banking77_train.csv", tmp_path)
    page.locator("input[type=file][aria-label='Your data file']").set_input_files(str(file))
    page.get_by_role("button", name="Choose how to train").wait_for(timeout=LONG)
    correct_label(page, door)
    run = start(page, door, "LoRA", steps=80)
    watch_it_grow(page, run)
    stop_and_resume(page, door, run)
    understand(page)
    check_itself(take_away(page), tmp_path / "model")


def start(page: Page, door: Studio, method: str, steps: int) -> str:
    """Choose a method, set one option so that the test ends, press Start; the id of the new run."""
    from playwright.sync_api import expect

    before = len(door.runs())
    page.get_by_role("button", name="Choose how to train").click()
    page.locator("#train-method").get_by_role("radio", name=re.compile(method)).first.check()
    page.get_by_role("button", name=re.compile("^Advanced")).click()
    page.get_by_label("Max steps").fill(str(steps))
    page.get_by_label("Max steps").press("Tab")
    expect(page.get_by_role("button", name=re.compile("^Advanced: 1 changed"))).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    until(lambda: len(door.runs()) > before)
    return str(door.runs()[0]["run"])


def watch_it_grow(page: Page, run: str) -> None:
    """Points arrive in the charts and in TensorBoard; a reload loses nothing."""
    page.wait_for_function(POINTS, arg=8, timeout=LONG)
    with page.expect_response(lambda answer: "/timeSeries" in answer.url and '"step"' in answer.text(), timeout=60_000):
        page.get_by_role("tab", name="TensorBoard").click()
    page.frame_locator("iframe[title=TensorBoard]").locator("card-view").first.wait_for(timeout=60_000)
    page.reload()
    page.wait_for_function(POINTS, arg=8, timeout=30_000)
    assert f"run={run}" in page.url


def stop_and_resume(page: Page, door: Studio, run: str) -> None:
    page.get_by_role("button", name="Stop and keep").click()
    until(lambda: door.show(run)["status"] in OVER)
    assert door.show(run)["status"] == "stopped"
    page.get_by_role("button", name="Resume").click(timeout=30_000)
    until(lambda: door.show(run)["status"] != "stopped", 60)
    until(lambda: door.show(run)["status"] in OVER, 300)
    assert door.show(run)["status"] == "finished", door.show(run)["error"]
    steps = [step for step, _ in door.curves(run)["Loss/train"]]
    assert steps == sorted(set(steps))
    assert max(b - a for a, b in itertools.pairwise(steps)) <= 2 * max(1, steps[1] - steps[0]), "a gap"


def understand(page: Page) -> None:
    """A cell of the confusion matrix opens its examples; a sentence gets an answer."""
    from playwright.sync_api import expect

    tab(page, "Result")
    page.locator("#result-matrix td button").first.click(timeout=60_000)
    expect(page.locator("#result-shown")).to_be_visible()
    page.get_by_label("Your text").fill("My card has not arrived yet")
    page.get_by_role("button", name="Ask the model").click()
    expect(page.locator("#result-answer")).to_contain_text("card", timeout=90_000)


def take_away(page: Page) -> Path:
    """Have the zip built, and download it."""
    tab(page, "Download")
    page.get_by_role("button", name=re.compile("Build the zip: The model")).click(timeout=30_000)
    link = page.locator("#download-formats a[download]").first
    link.wait_for(timeout=120_000)
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path())


def with_two_label_columns(source: Path, folder: Path) -> Path:
    """A third of the real file, with a second column that could be a label as well: the first letter of its label."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    path = folder / "banking77.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*header, "label"], *([*row, row[-1][:1].lower()] for row in rows[::3])])
    return path


def correct_label(page: Page, door: Studio) -> None:
    """Tell the page that the labels stand in the column `category`."""
    used = {column["role"]: column["name"] for column in door.dataset(door.datasets()[0]["dataset"])["columns"]}
    assert used["label"] == "label"
    choose(page, "Label", "category")
    page.get_by_role("button", name="Read again").click()
    until(lambda: len(door.dataset(door.datasets()[0]["dataset"])["labels"]) == 77)
    page.get_by_text("77 classes").first.wait_for(timeout=60_000)


def choose(page: Page, label: str, value: str) -> None:
    """Choose from a dropdown by typing, as with a keyboard."""
    box = page.get_by_label(label, exact=True)
    box.click()
    box.fill(value)
    page.get_by_role("option", name=value, exact=True).click()


def check_itself(archive: Path, folder: Path) -> None:
    """Unpack an export and run its self-test in a process that knows nothing of the studio."""
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            target = folder / name
            assert target.resolve().is_relative_to(folder.resolve())
            if not name.endswith("/"):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(packed.read(name))
    program = next(folder.rglob("predict.py"))
    clean = {"PATH": os.environ["PATH"], "HF_HUB_OFFLINE": "1", "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-I", str(program), "--selftest"],
        cwd=program.parent,
        env=clean,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_an_archive_of_images_becomes_a_model(
    open_page: OpenPage, studio: Served, data_pack: Path, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page, door = open_page(studio.url), front_door(studio)
    page.locator("input[type=file][aria-label='Your data file']").set_input_files(
        str(data_pack / "images" / "tiny_imagenet_10.zip")
    )
    page.locator("#panel-data img[src*='image/']").first.wait_for(timeout=LONG)
    run = start(page, door, "Full", steps=12)
    page.wait_for_function(POINTS, arg=3, timeout=LONG)
    until(lambda: door.show(run)["status"] in OVER, 300)
    assert door.show(run)["status"] == "finished", door.show(run)["error"]
    tab(page, "Result")
    page.get_by_role("button", name="Everything").click(timeout=60_000)
    expect(page.locator("#result-examples img").first).to_be_visible()
    check_itself(take_away(page), tmp_path / "model")
