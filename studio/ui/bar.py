"""The run bar: what trains, what waits, how long it takes. On every panel, up to date within a second."""

from __future__ import annotations

import gradio as gr

from studio.api import Studio
from studio.ui.markup import Html, element, joined
from studio.ui.shared import Data, Page, badge, duration, live_html, status_word
from studio.ui.words import Say

AT_WORK = ("preparing", "running", "stopping")
WAITING = "queued"
LISTED = 20  # newest runs whose end is noticed


def build(page: Page) -> gr.HTML:
    def look(_: Data) -> Data:
        return shown(page.studio, page.say)

    return live_html(page, look, "run-bar", page.say("bar.label"))


def shown(studio: Studio, say: Say) -> Data:
    """The bar's markup, and a state that changes when a run begins, ends or is added."""
    runs = studio.runs()
    working = [run for run in runs if run["status"] in AT_WORK]
    waiting = [run for run in runs if run["status"] == WAITING]
    state = " ".join(f"{run['run']}:{run['status']}" for run in runs[:LISTED])
    return {"html": str(_bar(working, waiting, runs, say)), "state": state, "news": _news(runs, say)}


def _news(runs: list[Data], say: Say) -> list[Data]:
    """For the browser, which tells about the end of a run that it has seen at work or waiting: plain text."""
    return [
        {
            "run": run["run"],
            "over": run["status"] not in (*AT_WORK, WAITING),
            "text": say("bar.news", name=str(run["name"])[:80], status=status_word(run["status"], say)),
        }
        for number, run in enumerate(runs)
        if number < LISTED or run["status"] in (*AT_WORK, WAITING)
    ]


def _bar(working: list[Data], waiting: list[Data], runs: list[Data], say: Say) -> Html:
    if not working and not waiting:
        last = say("bar.none")
        if runs:
            last = say("bar.ended", name=runs[0]["name"], status=status_word(runs[0]["status"], say))
        return element("div", element("span", last), cls="run-bar idle", role="region", aria_label=say("bar.label"))
    first = (working or waiting)[0]
    return element(
        "div",
        badge(first["status"], say),
        element("strong", first["name"]),
        element("span", say("bar.silent"), cls="badge badge-failed") if first.get("silent") else None,
        _progress(first, say),
        element("span", say("bar.more", count=len(working) - 1)) if len(working) > 1 else None,
        element("span", say("bar.waiting", count=len(waiting))) if waiting else None,
        element("button", say("bar.notify"), type="button", cls="link-button bar-notify", data_notify=True),
        cls="run-bar busy",
        role="region",
        aria_label=say("bar.label"),
    )


def _progress(run: Data, say: Say) -> Html:
    total = run["total_steps"] or 0
    if not total or run["status"] != "running":
        return joined()
    left = duration(run["seconds_left"], say)
    return joined(
        element("progress", value=run["step"], max=total, aria_label=run["name"]),
        element("span", f"{run['step']:,} / {total:,}", cls="numbers"),
        element("span", say("bar.left", time=left)) if left else None,
    )
