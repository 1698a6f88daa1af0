"""Text that wants to be a program: sixty payloads as texts, labels, names of columns, of the file and of a run.

None may run, ask for anything elsewhere, or become an element on any panel. That nothing foreign is asked for and that
no error reaches the console is what `open_page` watches for.
"""

from __future__ import annotations

import csv
import html
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio import settings
from studio.api import Studio, Wish
from tests.browser import OpenPage
from tests.serving import served
from tests.test_whole_job import OVER, ending, newest, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUN = "window.ran=1"
SHAPES = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<details open ontoggle={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"'><svg/onload={RUN}>",
    f"</title><script>{RUN}</script>",
    f"</textarea><img src=x onerror={RUN}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<a href=javascript:{RUN}>press</a>",
    f"[press](javascript:{RUN})",
    "![x](https://example.org/x.png)",
    f"${{{RUN}}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"`-({RUN})-`",
    f"<math><mtext></table><img src=x onerror={RUN}>",
    f"<style>@import 'https://example.org/x.css'</style><b style=animation:x onanimationend={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"%3Cscript%3E{RUN}%3C/script%3E",
)
PAYLOADS = (
    *SHAPES,
    *(f"before {shape} after" for shape in SHAPES),
    *(f"{html.escape(shape)} {urllib.parse.quote(shape)}" for shape in SHAPES),
)
NAME = "<img src=x onerror=window.ran=1>${window.ran=1}.csv".replace("/", "")
PANELS = ("data", "train", "live", "result", "download", "runs")


def hostile_file(folder: Path) -> Path:
    """A table whose every cell is a payload, and the headings beside text and label, and its name."""
    path = folder / NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label", SHAPES[1], SHAPES[5]])
        table.writerows([f"{payload} number {n}", payload, payload, n] for payload in PAYLOADS for n in range(6))
    return path


def harmless(page: Page) -> None:
    """No payload has run, and none is an element."""
    assert page.evaluate("window.ran") is None
    found = page.evaluate("document.querySelectorAll('[onerror], [onload], [ontoggle], [onbegin], [onfocus]').length")
    assert found == 0, "a payload has become an element"


def test_there_are_sixty_of_them() -> None:
    assert len(set(PAYLOADS)) == 60


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_no_payload_runs_on_any_panel(open_page: OpenPage, tmp_path: Path) -> None:
    with served(tmp_path / "workspace") as studio:
        door = Studio(settings.load(workspace=studio.workspace))
        page = open_page(studio.url)
        page.locator("input[type=file][aria-label='Your data file']").set_input_files(str(hostile_file(tmp_path)))
        page.get_by_text("60 classes").first.wait_for(timeout=120_000)
        harmless(page)
        with ending(door):
            dataset = door.datasets()[0]["dataset"]
            run = door.start(dataset, None, Wish(method="head", changes={"epochs": 2}), PAYLOADS[1])["run"]
            until(lambda: newest(door)["status"] in OVER, 240)
            assert newest(door)["status"] == "finished", newest(door)["error"]
        for panel in PANELS:
            page.goto(f"{studio.url}/?run={run}&dataset={dataset}")
            page.locator(f"#panel-{panel}-button").click(timeout=60_000)
            page.wait_for_timeout(4000)
            press_everything(page, panel)
            harmless(page)


def press_everything(page: Page, panel: str) -> None:
    """What a curious person would open on a panel."""
    for closed in page.locator(f"#panel-{panel} details:not([open]) > summary").all()[:20]:
        if closed.is_visible():
            closed.click()
    match panel:
        case "live":
            page.get_by_role("tab", name="TensorBoard").click()
            page.wait_for_timeout(5000)
        case "result":
            page.locator("#result-matrix td button").first.click(timeout=60_000)
            page.get_by_label("Your text").fill(PAYLOADS[0])
            page.get_by_role("button", name="Ask the model").click()
            page.locator("#result-answer .result-said").wait_for(timeout=90_000)
