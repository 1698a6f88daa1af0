"""A small page with the charts on it, and a server that hands out points as the studio does."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI, Response
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from studio.ui.charts import curves_component, curves_value, tensorboard_component
from studio.ui.words import speaker

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ASSETS = Path(__file__).parent.parent / "assets"
BOARD = """<!doctype html><title>board</title><button class="reload-button">0</button><script>
const button = document.querySelector('button'); button.onclick = () => button.textContent = +button.textContent + 1;
</script>"""
PARTS = {"Curves": "#curves", "Board": "#tensorboard", "曲线": "#curves-zh"}  # by the tab that they are on

Row = tuple[str, int, float | None]


@dataclass
class Curves:
    """The points of some runs, and what the browser asked for."""

    runs: dict[str, list[Row]] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    generation: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def forget(self) -> None:
        self.runs, self.status, self.generation, self.asked, self.broken = {}, {}, {}, [], False

    def add(self, run: str, rows: list[Row], status: str = "running") -> None:
        self.runs[run] = self.runs.get(run, []) + rows
        self.status[run] = status

    def since(self, run: str, cursor: str) -> dict[str, Any]:
        self.asked.append(f"{run}?{cursor}")
        generation, _, seen = cursor.partition(":")
        own = str(self.generation.get(run, 0))
        tags: dict[str, list[list[Any]]] = {}
        for tag, step, value in self.runs[run][int(seen) if generation == own else 0 :]:
            tags.setdefault(tag, []).append([step, value])
        return {"generation": own, "cursor": f"{own}:{len(self.runs[run])}", "tags": tags, "status": self.status[run]}


def losses(first: int, last: int, lowest: float = 0.1) -> list[Row]:
    """A training loss at every step, a validation loss and an accuracy at every tenth."""
    steps = range(first, last + 1)
    train: list[Row] = [("Loss/train", step, lowest + 2 * math.exp(-step / 40) + step % 2 * 0.1) for step in steps]
    valid: list[Row] = [("Loss/valid", step, lowest + 1.8 * math.exp(-step / 50)) for step in steps if step % 10 == 0]
    scores: list[Row] = [("Accuracy/valid", step, 1 - math.exp(-step / 30)) for step in steps if step % 10 == 0]
    return train + valid + scores


def application(curves: Curves) -> Any:
    app = FastAPI()

    @app.get("/curves/{run}")
    def since(run: str, response: Response, since: str = "") -> dict[str, Any]:
        response.status_code = 500 if curves.broken else 200 if run in curves.runs else 404
        return curves.since(run, since) if response.status_code == 200 else {}

    @app.get("/tensorboard/{run}/")
    def board(run: str) -> HTMLResponse:
        return HTMLResponse(BOARD)

    for place in ("page", "vendor"):
        app.mount(f"/assets/{place}", StaticFiles(directory=ASSETS / place))
    with gr.Blocks(analytics_enabled=False) as blocks:
        with gr.Tabs():
            with gr.Tab("Start"):
                asked = gr.Textbox(label="Runs")
                show = gr.Button("Show")
            with gr.Tab("Curves"):
                shown = curves_component(speaker("en"))
            with gr.Tab("Board"):
                framed = tensorboard_component(speaker("en"))
            with gr.Tab("曲线"):
                chinese = curves_component(speaker("zh"), "curves-zh")
        show.click(chosen, asked, [shown, chinese, framed], queue=False)
    return gr.mount_gradio_app(app, blocks, path="/", ssr_mode=False, run_history=False)


def chosen(text: str) -> tuple[str, str, str]:
    """What the components are given for the JSON text of a list of pairs, id and name."""
    runs = [(reference, name) for reference, name in json.loads(text or "[]")]
    return curves_value(runs), curves_value(runs), runs[0][0] if runs else ""


def show(page: Page, *runs: str, tab: str = "Curves", **names: str) -> Locator:
    """Choose runs on the first tab, open another, and return the part that is there."""
    page.get_by_role("tab", name="Start").click()
    page.get_by_label("Runs", exact=True).fill(json.dumps([[run, names.get(run, run)] for run in runs]))
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("tab", name=tab, exact=True).click()
    return page.locator(PARTS.get(tab, PARTS["Curves"]))


def wait_for_points(page: Page, count: int, within: str = "#curves") -> None:
    page.wait_for_function(f"+document.querySelector('{within} [data-points]')?.dataset.points === {count}")


def spans(page: Page, metric: str, axis: str = "x") -> list[float]:
    """The lowest and highest value of an axis of a chart, as it was drawn last."""
    text = page.locator(f"[data-metric={metric}]").get_attribute(f"data-{axis}")
    return [float(part) for part in str(text).split()]


# Where a chart is on the page, once it is drawn; asked in one go, as a change of colours puts another in its place.
PLACE = """selector => {
    const place = document.querySelector(selector)?.getBoundingClientRect();
    return place?.width ? [place.x, place.y, place.width, place.height] : null;
}"""


def drag(page: Page, metric: str, start: float, end: float) -> None:
    """Pull the mouse over a chart, from one share of its width to another."""
    x, y, width, height = page.wait_for_function(PLACE, arg=f"[data-metric={metric}] .u-over").json_value()
    page.mouse.move(x + start * width, y + height / 2)
    page.mouse.down()
    page.mouse.move(x + end * width, y + height / 2, steps=5)
    page.mouse.up()
