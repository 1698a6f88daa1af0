"""What can be done with the run that is shown: the buttons that fit its state, and what they do.

Handlers look everything up afresh; which buttons a browser shows decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.errors import RequestError, StudioError
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.live_follow import OVER
from studio.ui.shared import ACTING, ALONE, QUIET, Page, static_html

WORKING = ("queued", "preparing", "running")
RESUMABLE = ("stopped", "failed", "interrupted")

Update = Any  # what Gradio takes as the new state of a component


@dataclass(frozen=True)
class Controls:
    """The buttons, and the question before something is lost."""

    result: gr.Button
    resume: gr.Button
    keep: gr.Button
    discard: gr.Button
    again: gr.Button
    asking: gr.Column
    question: gr.HTML
    yes: gr.Button
    no: gr.Button

    @property
    def shown(self) -> list[Any]:
        """What `fitting` gives the new state of."""
        return [self.result, self.resume, self.keep, self.discard, self.again, self.asking]


def build(page: Page) -> Controls:
    """The components, all hidden until a run is chosen."""
    say = page.say
    with gr.Row(elem_classes=["live-buttons"]):
        result = gr.Button(say("live.result"), variant="primary", visible=False, min_width=120)
        resume = gr.Button(say("live.resume"), variant="primary", visible=False, min_width=120)
        keep = gr.Button(say("live.keep"), visible=False, min_width=120)
        discard = gr.Button(say("live.discard"), variant="stop", visible=False, min_width=120)
        again = gr.Button(say("live.again"), visible=False, min_width=120)
    with gr.Column(visible=False, elem_classes=["live-asking"]) as asking:
        question = static_html()
        with gr.Row():
            yes = gr.Button(say("live.discard.yes"), variant="stop", min_width=120)
            no = gr.Button(say("live.discard.no"), min_width=120)
    return Controls(result, resume, keep, discard, again, asking, question, yes, no)


def fitting(page: Page, run: str, asking: bool = False) -> list[Update]:
    """The state of `Controls.shown` for a run; everything hidden where there is none.

    With `asking` the question stays as long as it makes sense: somebody may be about to answer it.
    """
    status, kept = "", False
    try:
        record = page.studio.show(run) if run else {}
        status, kept = str(record.get("status", "")), bool(record.get("metrics"))
    except StudioError:
        pass  # deleted in the meantime: the head says so
    over = status in OVER
    return [
        gr.update(visible=over and kept),
        gr.update(visible=status in RESUMABLE, variant="secondary" if kept else "primary"),
        gr.update(visible=status in WORKING),
        gr.update(visible=status in (*WORKING, "stopping")),
        gr.update(visible=over),
        gr.skip() if asking and status and not over else gr.update(visible=False),
    ]


def wire(page: Page, controls: Controls) -> None:
    """Connect the buttons."""

    def stop(run: str) -> list[Update]:
        page.studio.stop(given(run))
        return fitting(page, run)

    def ask(run: str) -> tuple[Update, str]:
        return gr.update(visible=True), str(question(page, given(run)))

    def discard(run: str) -> list[Update]:
        page.studio.stop(given(run), discard=True)
        return fitting(page, run)

    def resume(run: str) -> list[Update]:
        page.studio.resume(given(run))
        return fitting(page, run)

    controls.keep.click(page.handler(stop), page.run, controls.shown, **ACTING)
    controls.discard.click(page.handler(ask), page.run, [controls.asking, controls.question], **QUIET)
    controls.yes.click(page.handler(discard), page.run, controls.shown, **ACTING)
    controls.no.click(lambda: gr.update(visible=False), None, controls.asking, **QUIET)
    controls.resume.click(page.handler(resume), page.run, controls.shown, **ACTING)
    controls.again.click(None, page.run, page.clone, js="(run) => run", **ALONE)
    controls.result.click(lambda: gr.Tabs(selected="result"), None, page.tabs, **QUIET)


def question(page: Page, run: str) -> Html:
    """What is lost by discarding."""
    say, name = page.say, page.studio.show(run)["name"]
    return joined(
        element("p", element("strong", say("live.discard.ask"))),
        element("p", text(say("live.discard.what", name=name), 600)),
    )


def given(run: Any) -> str:
    """The id that a handler was sent. Raises RequestError where no run is chosen."""
    if not isinstance(run, str) or not run:
        raise RequestError("No run is chosen.", next="Choose one, or start one in the panel Train.")
    return run
