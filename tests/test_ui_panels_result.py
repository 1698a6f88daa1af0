"""The panels Result and Download with real tiny runs, as functions and in a real browser."""

from __future__ import annotations

import re
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from studio import files, settings
from studio.api import Studio
from studio.errors import RequestError
from studio.ui.panels import result
from studio.ui.panels import result_try as trying
from studio.ui.panels.result import Panel
from studio.ui.shared import Page
from studio.ui.words import speaker
from tests.browser import PHONE, OpenPage, accessibility_problems
from tests.serving import Served, served
from tests.trained import TinyRuns

if TYPE_CHECKING:
    import playwright.sync_api

TASKS = ("text", "token", "image")


def page_of(workspace: Path) -> Page:
    studio = Studio(settings.load(workspace=workspace))
    return Page(studio, speaker("en"), gr.Textbox(), gr.Textbox(), gr.Textbox(), gr.Tabs())


def panel() -> Panel:
    parts = trying.Parts(gr.Textbox(), gr.Textbox(), gr.Image(), gr.HTML(), gr.HTML(), gr.File(), gr.HTML())
    html = [gr.HTML() for _ in range(9)]
    return Panel(html[0], html[1], html[2], gr.Column(), parts, *html[3:])


@pytest.mark.parametrize("task", TASKS)
def test_a_finished_run_fills_every_part(tiny_runs: TinyRuns, task: str) -> None:
    parts = panel()
    shown = result.shown(page_of(tiny_runs.workspace), parts, tiny_runs.of(task, "full").id)
    for part in (parts.head, parts.classes, parts.matrix, parts.examples, parts.confidence, parts.metrics):
        assert len(shown[part]) > 100
    assert shown[parts.trying.image].visible is (task == "image")
    assert shown[parts.trying.words].visible is (task != "image")
    assert "data-ask" in shown[parts.trying.suggested]


@pytest.mark.parametrize("task", TASKS)
def test_every_press_that_is_offered_is_answered(tiny_runs: TinyRuns, task: str) -> None:
    page, parts, run = page_of(tiny_runs.workspace), panel(), tiny_runs.of(task, "full").id
    shown = result.shown(page, parts, run)
    offered = [ask for part in (parts.classes, parts.matrix, parts.pairs, parts.examples) for ask in asks(shown[part])]
    assert any(ask.startswith("cell:") for ask in offered)
    assert any(ask.startswith("sort:") for ask in offered)
    for ask in offered:
        table, rows = result.pressed(page, run, ask)
        assert ("No rows" in str(rows)) is False
        assert isinstance(table if ask.startswith("sort:") else rows, str)


def asks(markup: str) -> list[str]:
    return re.findall(r'data-ask="([^"]*)"', markup)


def test_the_count_in_a_cell_is_that_of_the_rows_it_opens(tiny_runs: TinyRuns) -> None:
    page, run = page_of(tiny_runs.workspace), tiny_runs.of("text", "full").id
    counts = page.studio.results.summary(run)["confusion"]["counts"]
    for true, row in enumerate(counts):
        for guess, count in enumerate(row):
            _, rows = result.pressed(page, run, f"cell:{true}:{guess}@0")
            assert ("1 row<" if count == 1 else f"{count} rows<") in rows


def test_a_press_that_means_nothing_is_refused(tiny_runs: TinyRuns) -> None:
    with pytest.raises(RequestError):
        result.pressed(page_of(tiny_runs.workspace), tiny_runs.of("text", "full").id, "<script>")


def test_the_hint_says_what_a_word_is(tiny_runs: TinyRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    page, parts, run = page_of(tiny_runs.workspace), panel(), tiny_runs.of("token", "full").id
    known = trying.known(page, run)
    facts = {"between spaces": {}, "Each Chinese or Japanese character is a word": {"characters": True}}
    for said, found in facts.items():
        monkeypatch.setattr(trying, "known", lambda page, run, found=found: known | {"facts": found})
        assert said in result.shown(page, parts, run)[parts.trying.words].info


def test_a_run_that_cannot_be_read_says_so_and_shows_nothing_else(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    page, parts = page_of(tmp_path), panel()
    shown = result.shown(page, parts, "0" * 26)
    assert "There is no run" in shown[parts.head]
    assert shown[parts.body].visible is False
    assert result.shown(page, parts, "")[parts.head] == ""


def test_the_live_part_changes_when_there_is_a_result(tiny_runs: TinyRuns) -> None:
    page = page_of(tiny_runs.workspace)
    assert result.looked(page, tiny_runs.of("text", "full").id) == {"html": "", "state": "finished True"}
    assert "No run yet" in result.looked(page, "")["html"]


# In a browser -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studio(tiny_runs: TinyRuns) -> Iterator[Served]:
    with served(tiny_runs.workspace) as running:
        yield running


def opened(open_page: OpenPage, studio: Served, run: str, panel: str, **how: Any) -> playwright.sync_api.Page:
    page = open_page(f"{studio.url.rstrip('/')}/?run={run}&panel={panel}", **how)
    page.locator(f"#panel-{panel}").wait_for()
    return page


def test_a_text_run_is_looked_at_and_asked(
    open_page: OpenPage, studio: Served, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, studio, tiny_runs.of("text", "full").id, "result")
    page.locator("#result-matrix td.right button, #result-matrix td.wrong button").first.click()
    expect(page.locator("#result-shown")).to_contain_text("the model said")
    expect(page.locator("#result-shown")).to_be_focused()
    page.get_by_role("button", name="F1", exact=True).click()
    expect(page.locator("#result-classes th[aria-sort=descending]")).to_have_text("F1 ▼")
    words = page.get_by_label("Your text")
    words.fill("good <img src=x onerror=alert(1)> ${6*7} fine")
    words.press("Enter")
    expect(page.locator("#result-answer .result-bars li")).to_have_count(3, timeout=60_000)
    page.locator("#result-suggested button").first.click()
    expect(words).not_to_have_value(re.compile("img"))
    expect(page.locator("#result-answer .result-said")).to_be_visible()
    page.locator("#result-threshold").fill("0")
    expect(page.locator("#result-thresholds [data-threshold='0']")).to_contain_text("100.0 % of the rows")
    table = tmp_path / "some rows.csv"
    files.write_bytes(table, b"text,label\ngood fine,positive\nbad poor,negative\n")
    page.locator("#result-upload input[type=file]").set_input_files(str(table))
    expect(page.locator("#result-upload")).to_contain_text("some rows")
    page.get_by_role("button", name="Predict every row").click()
    link = page.locator("#result-file-outcome a[download]")
    link.wait_for(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_text(encoding="utf-8").count("\n") == 3
    page.get_by_role("button", name="Measure on its rows").click()
    expect(page.locator("#result-file-outcome")).to_contain_text("Measured on some rows.csv", timeout=60_000)
    assert accessibility_problems(page, "#panel-result") == []


def test_an_image_run_shows_its_images_and_answers_to_a_new_one(
    open_page: OpenPage, studio: Served, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, studio, tiny_runs.of("image", "full").id, "result", dark=True)
    page.get_by_role("button", name="Everything").click()
    images = page.locator("#result-examples img")
    expect(images).to_have_count(9)
    images.first.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('#result-examples img').naturalWidth > 0")
    page.locator("#result-suggested button").first.click()
    expect(page.locator("#result-answer")).to_contain_text("The truth is")
    picture = tmp_path / "new.png"
    Image.fromarray(np.full((20, 20, 3), 200, dtype=np.uint8)).save(picture)
    page.locator("#result-try input[type=file]").set_input_files(str(picture))
    expect(page.locator("#result-answer .result-bars li")).to_have_count(3, timeout=60_000)
    assert accessibility_problems(page, "#panel-result") == []


def test_tagged_words_fit_a_phone(open_page: OpenPage, studio: Served, tiny_runs: TinyRuns) -> None:
    page = opened(open_page, studio, tiny_runs.of("token", "full").id, "result", size=PHONE, locale="zh-CN")
    page.locator("#result-matrix table").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert accessibility_problems(page, "#panel-result") == []


def test_a_zip_is_built_and_taken_away(
    open_page: OpenPage, studio: Served, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page = opened(open_page, studio, tiny_runs.of("token", "full").id, "download")
    page.get_by_role("button", name="Build the zip: The model").click()
    link = page.locator("#download-formats a[download]")
    expect(link).to_have_count(1, timeout=60_000)
    expect(page.locator("#download-formats")).to_contain_text("not stated")
    with page.expect_download() as taken:
        link.click()
    assert "predict.py" in zipfile.ZipFile(taken.value.path()).namelist()
    assert accessibility_problems(page, "#panel-download") == []
    page.reload()
    expect(link).to_have_count(1, timeout=60_000)
    part = urllib.request.Request(
        f"{studio.url.rstrip('/')}/{link.get_attribute('href')}", headers={"Range": "bytes=0-3"}
    )
    with urllib.request.urlopen(part) as answer:
        assert answer.status == 206
        assert answer.read() == b"PK\x03\x04"
