"""What can be done with the selected run in the panel Runs: rename, open, clone, stop, resume, move, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.api import LONGEST_NAME
from studio.errors import StudioError
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.live_control import RESUMABLE, WORKING, Update, given
from studio.ui.panels.live_follow import OVER
from studio.ui.shared import ACTING, ALONE, QUIET, Page, badge, static_html


@dataclass(frozen=True)
class Actions:
    """The components of the box beside the list."""

    title: gr.HTML
    box: gr.Column
    name: gr.Textbox
    open: gr.Button
    clone: gr.Button
    resume: gr.Button
    stop: gr.Button
    up: gr.Button
    down: gr.Button
    delete: gr.Button
    asking: gr.Column
    question: gr.HTML
    yes: gr.Button
    no: gr.Button

    @property
    def shown(self) -> list[Any]:
        """What `fitting` gives the new state of."""
        return [self.title, self.box, self.resume, self.stop, self.up, self.down, self.delete, self.asking]


def build(page: Page) -> Actions:
    """The components."""
    say = page.say
    title = static_html(element("h3", say("runs.selected")), elem_id="runs-selected")
    with gr.Column(visible=False, elem_classes=["runs-actions"]) as box:
        name = gr.Textbox(
            label=say("runs.name"),
            info=say("runs.name.info", most=LONGEST_NAME),
            max_length=LONGEST_NAME,
            submit_btn=say("runs.rename"),
            elem_id="runs-name",
        )
        with gr.Row(elem_classes=["runs-buttons"]):
            opening = gr.Button(say("runs.go"), variant="primary", min_width=100)
            clone = gr.Button(say("runs.clone"), min_width=100)
            resume = gr.Button(say("runs.resume"), visible=False, min_width=100)
            stop = gr.Button(say("runs.stop"), visible=False, min_width=100)
            up = gr.Button(say("runs.up"), visible=False, min_width=100)
            down = gr.Button(say("runs.down"), visible=False, min_width=100)
            delete = gr.Button(say("runs.delete"), variant="stop", min_width=100)
        with gr.Column(visible=False, elem_classes=["live-asking"]) as asking:
            question = static_html()
            with gr.Row():
                yes = gr.Button(say("runs.delete.yes"), variant="stop", min_width=100)
                no = gr.Button(say("runs.delete.no"), min_width=100)
    return Actions(title, box, name, opening, clone, resume, stop, up, down, delete, asking, question, yes, no)


def fitting(page: Page, run: str) -> list[Update]:
    """The state of `Actions.shown` for the selected run."""
    say = page.say
    try:
        record = page.studio.show(run) if run else {}
    except StudioError:
        record = {}  # deleted in the meantime
    status = str(record.get("status", ""))
    title = element(
        "div", element("h3", say("runs.selected")), badge(status, say) if status else None, cls="runs-selected"
    )
    empty = element("p", say("runs.selected.none"), cls="subdued") if not status else None
    busy = element("p", say("runs.delete.busy"), cls="subdued") if status and status not in OVER else None
    place, last = _place(page, run) if status == "queued" else (0, 0)
    return [
        str(joined(title, empty, busy)),
        gr.update(visible=bool(status)),
        gr.update(visible=status in RESUMABLE),
        gr.update(visible=status in WORKING),
        gr.update(visible=last > 1, interactive=place > 1),
        gr.update(visible=last > 1, interactive=place < last),
        gr.update(interactive=status in OVER),
        gr.update(visible=False),
    ]


def _place(page: Page, run: str) -> tuple[int, int]:
    """The place of a waiting run in its line, and the last place of that line."""
    queue = page.studio.results.queue()
    mine = next((item for item in queue if item["run"] == run), None)
    if mine is None:
        return 0, 0  # it has begun in the meantime
    return mine["position"], max(item["position"] for item in queue if item["device"] == mine["device"])


def wire(page: Page, actions: Actions) -> Any:
    """Connect the buttons; each looks the run up afresh. Returns the event of renaming, for what follows it."""

    def rename(run: str, name: str) -> str:
        return str(page.studio.rename(given(run), name)["name"])

    def opened(run: str) -> Update:
        return gr.Tabs(selected=home(page.studio.show(given(run))["status"]))

    def resume(run: str) -> list[Update]:
        page.studio.resume(given(run))
        return fitting(page, run)

    def stop(run: str) -> list[Update]:
        page.studio.stop(given(run))
        return fitting(page, run)

    def up(run: str) -> list[Update]:
        page.studio.move(given(run), "up")
        return fitting(page, run)

    def down(run: str) -> list[Update]:
        page.studio.move(given(run), "down")
        return fitting(page, run)

    actions.up.click(page.handler(up), page.run, actions.shown, **ACTING)
    actions.down.click(page.handler(down), page.run, actions.shown, **ACTING)
    renamed = actions.name.submit(page.handler(rename), [page.run, actions.name], actions.name, **ACTING)
    actions.open.click(page.handler(opened), page.run, page.tabs, **QUIET)
    actions.clone.click(None, page.run, page.clone, js="(run) => run", **ALONE)
    actions.resume.click(page.handler(resume), page.run, actions.shown, **ACTING)
    actions.stop.click(page.handler(stop), page.run, actions.shown, **ACTING)
    _deleting(page, actions)
    return renamed


def _deleting(page: Page, actions: Actions) -> None:
    def ask(run: str) -> tuple[Update, str]:
        return gr.update(visible=True), str(question(page, given(run)))

    def delete(run: str) -> str:
        page.studio.delete(given(run))
        return next((str(item["run"]) for item in page.studio.runs()), "")

    actions.delete.click(page.handler(ask), page.run, [actions.asking, actions.question], **QUIET)
    actions.no.click(lambda: gr.update(visible=False), None, actions.asking, **QUIET)
    actions.yes.click(page.handler(delete), page.run, page.run, **ACTING)


def question(page: Page, run: str) -> Html:
    """What goes with the run."""
    say, name = page.say, page.studio.show(run)["name"]
    return joined(
        element("p", element("strong", say("runs.delete.ask"))),
        element("p", text(say("runs.delete.what", name=name), 600)),
    )


def home(status: str) -> str:
    """The panel in which a run of this status is at home."""
    return "result" if status == "finished" else "live"
