"""The parts of the panel Train and where they stand. Knows nothing of what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from studio.ui import form
from studio.ui.form import Form
from studio.ui.markup import element, joined
from studio.ui.panels import train_guides
from studio.ui.panels.train_asked import OTHER, RUN
from studio.ui.shared import Page, asking_html, nothing_yet, static_html
from studio.ui.words import Say


@dataclass(frozen=True)
class Choosing:
    """The three decisions, and what a model that is none of the menu is named by."""

    source: gr.Radio
    from_run: gr.Dropdown
    other: gr.Textbox
    method: gr.Radio
    preset: gr.Radio


@dataclass(frozen=True)
class Advanced:
    """The generated form in its accordion, with what was changed."""

    box: gr.Accordion
    changed: gr.HTML
    reset: gr.Button
    form: Form


@dataclass(frozen=True)
class Side:
    """What stands beside the choices: the model, the cost, warnings, Start, the command."""

    details: gr.HTML
    cost: gr.HTML
    progress: gr.HTML
    measure: gr.Button
    give_up: gr.Button
    warnings: gr.HTML
    name: gr.Textbox
    start: gr.Button
    ready: gr.HTML
    command: gr.HTML


@dataclass(frozen=True)
class Panel:
    """All parts. `seen` and `ticket` are hidden texts, see `Asked`; `measured` changes with each cost measured,
    `measuring` is the ticket of the measuring that goes on,
    `restored` when the browser has put back what was entered before the page was loaded again."""

    empty: gr.HTML
    cloning: gr.HTML
    body: gr.Column
    line: gr.HTML
    seen: gr.Textbox
    ticket: gr.Textbox
    restored: gr.Textbox
    measured: gr.Textbox
    measuring: gr.Textbox
    choosing: Choosing
    advanced: Advanced
    side: Side

    def inputs(self, page: Page) -> list[Component]:
        """What handlers are given, in the order of `Asked`."""
        chosen = self.choosing
        models = (chosen.source, chosen.from_run, chosen.other)
        head = (page.dataset, self.seen, self.ticket, *models, chosen.method, chosen.preset, self.side.name)
        return [*head, *self.advanced.form.parts]

    @property
    def outputs(self) -> list[Any]:
        """Everything that handlers may change here."""
        records = (self.choosing, self.side)
        plain = [part for record in records for part in vars(record).values()]
        advanced = [self.advanced.box, self.advanced.changed, self.advanced.reset, *self.advanced.form.outputs]
        return [
            self.empty,
            self.body,
            self.line,
            self.seen,
            self.ticket,
            self.measured,
            self.measuring,
            *plain,
            *advanced,
        ]


def lay_out(page: Page) -> Panel:
    """Make the parts in the tab that is open."""
    say = page.say
    static_html(element("h2", say("train.title")))
    empty = static_html(nothing_yet(say, "dataset"), elem_id="train-empty")
    cloning = static_html(elem_id="train-cloning")
    seen = gr.Textbox("", visible="hidden", label="seen", elem_id="train-seen")
    ticket = gr.Textbox("", visible="hidden", label="ticket", elem_id="train-ticket")
    restored = gr.Textbox("", visible="hidden", label="restored", elem_id="train-restored")
    measured = gr.Textbox("", visible="hidden", label="measured", elem_id="train-measured")
    measuring = gr.Textbox("", visible="hidden", label="measuring", elem_id="train-measuring")
    with gr.Column(visible=False, elem_id="train-body") as body:
        line = static_html(elem_id="train-dataset")
        with gr.Row(elem_classes="train-columns"):
            with gr.Column(scale=7, min_width=320, elem_classes="train-choices"):
                choosing = _choosing(page)
                advanced = _advanced(page)
            with gr.Column(scale=4, min_width=300, elem_classes="train-side"):
                side = _side(say)
    return Panel(empty, cloning, body, line, seen, ticket, restored, measured, measuring, choosing, advanced, side)


def _choosing(page: Page) -> Choosing:
    say = page.say
    _heading(say("train.model"), say("train.model.help"))
    source = _cards(say("train.model"), "train-model")
    from_run = gr.Dropdown(
        [],
        value=None,
        label=say("train.run"),
        info=say("train.run.info"),
        visible=False,
        elem_id="train-run",
    )
    other = gr.Textbox(
        "", label=say("train.other"), info=say("train.other.info"), max_length=500, visible=False, elem_id="train-other"
    )
    _heading(say("train.method"), say("train.method.help"))
    method = _cards(say("train.method"), "train-method")
    train_guides.build(page)
    _heading(say("train.preset"), say("train.preset.help"))
    preset = _cards(say("train.preset"), "train-preset")
    return Choosing(source, from_run, other, method, preset)


def _heading(title: str, help: str) -> None:
    static_html(element("div", element("h3", title), element("p", help, cls="subdued"), cls="train-heading"))


def _cards(label: str, elem_id: str) -> gr.Radio:
    return gr.Radio(
        [], label=label, show_label=False, container=False, elem_id=elem_id, elem_classes="card-radio", interactive=True
    )


def _advanced(page: Page) -> Advanced:
    say = page.say
    with gr.Accordion(say("train.advanced"), open=False, elem_id="train-advanced") as box:
        static_html(element("p", say("train.advanced.help"), cls="subdued"))
        with gr.Row(elem_classes="train-changes"):
            changed = static_html(elem_id="train-changed")
            reset = gr.Button(say("train.reset"), size="sm", scale=0, min_width=120, interactive=False)
        inputs = form.build(page.studio, say)
    return Advanced(box, changed, reset, inputs)


def _side(say: Say) -> Side:
    details = static_html(elem_id="train-details")
    with gr.Column(elem_classes="card train-cost-box"):
        cost = static_html(elem_id="train-cost")
        progress = static_html(joined(), elem_id="train-progress")
        measure = gr.Button(say("train.measure"), size="md", elem_id="train-measure")
        give_up = gr.Button(say("train.measure.stop"), size="md", visible=False, elem_id="train-give-up")
    warnings = asking_html(elem_id="train-warnings")
    with gr.Column(elem_classes="card train-start-box"):
        name = gr.Textbox(
            "",
            label=say("train.name"),
            info=say("train.name.info"),
            max_length=120,
            elem_id="train-name",
        )
        start = gr.Button(say("train.start"), variant="primary", interactive=False, elem_id="train-start")
        ready = static_html(elem_id="train-ready")
    command = static_html(elem_id="train-command")
    return Side(details, cost, progress, measure, give_up, warnings, name, start, ready, command)


def own_model(source: str) -> dict[str, bool]:
    """Which of the two fields for models that are none of the menu can be seen."""
    return {"from_run": source == RUN, "other": source == OTHER}
