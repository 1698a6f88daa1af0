"""The panel Train: three decisions, what they cost here, and Start."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from studio.errors import RequestError, WrongState
from studio.ui import form
from studio.ui.panels import train_updates as updates
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import (
    Asked,
    Situation,
    ahead,
    read,
    situation,
    training,
    with_method,
)
from studio.ui.panels.train_parts import Panel, lay_out
from studio.ui.panels.train_tickets import Tickets, new_ticket
from studio.ui.panels.train_updates import Updates
from studio.ui.shared import Page, asked
from studio.ui.work import Done, steps

Data = dict[str, Any]


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    panel = lay_out(page)
    _follow(page, panel, tab)
    _use_model(page, panel)
    _reset(page, panel)
    _clone(page, panel)
    _start(page, panel, _measure(page, panel))


# Choices -------------------------------------------------------------------------------------------------------------


def _follow(page: Page, panel: Panel, tab: gr.Tab) -> None:
    """One listener for all that may change: the browser sends the next change when the last is answered, so that no
    answer can overtake another."""
    choosing, inputs = panel.choosing, panel.advanced.form

    def followed(*values: Any) -> Updates:
        return updates.followed(page, panel, read(values))

    cards = [part.input for part in (choosing.source, choosing.from_run, choosing.method, choosing.preset)]
    entered = [_changed(part) for part in (*inputs.parts, panel.side.name)]
    around = [page.dataset.change, tab.select, choosing.other.submit, choosing.other.blur]
    _listen(page, panel, partial(gr.on, [*around, *cards, *entered]), followed)


def _changed(part: Any) -> Any:
    """The event of a person changing a part. A textbox has none for pastes and deletions but the one that is fired
    when the page changes it, too."""
    return part.change if isinstance(part, gr.Textbox) else part.input


def _use_model(page: Page, panel: Panel) -> None:
    """A press beside a warning takes a model that does not deserve it."""

    def used(event: gr.EventData, *values: Any) -> Updates:
        sent, model = read(values), asked(event)
        task = page.studio.dataset(sent.dataset)["task"]
        if model not in {item["name"] for item in page.studio.choices.models(task)}:
            raise RequestError("This model is not on the menu.", next="Choose one of the cards.")
        form_now = replace(sent, source=model)
        return updates.with_values(panel, updates.whole(page, panel, form_now), form_now, sent)

    _listen(page, panel, panel.side.warnings.asked, used)


def _reset(page: Page, panel: Panel) -> None:
    inputs = panel.advanced.form

    def reset(*values: Any) -> Updates:
        emptied = replace(read(values), entered=tuple(None for _ in inputs.fields))
        cleared = dict(zip(inputs.parts, form.filled(inputs, {}), strict=True))
        return cleared | updates.settled(page, panel, _situation(page, panel, emptied))

    _listen(page, panel, panel.advanced.reset.click, reset)


def _situation(page: Page, panel: Panel, form_now: Asked) -> Situation:
    return situation(page.studio, page.say, panel.advanced.form, form_now)


def _listen(page: Page, panel: Panel, event: Any, action: Callable[..., Any], **more: Any) -> Any:
    """`action` gets the raw values of the form, unchecked by Gradio, and returns updates by part."""
    usual = {"preprocess": False, "show_progress": "hidden", "trigger_mode": "always_last", "queue": False}
    listened = usual | {"api_visibility": "private"} | more
    return event(page.handler(action), panel.inputs(page), panel.outputs, **listened)


def _clone(page: Page, panel: Panel) -> None:
    """The same settings as a run's, to be changed and started."""

    def cloned(run: Any) -> Updates:
        if not isinstance(run, str) or not run:
            return {page.clone: gr.skip()}
        wanted = page.studio.choices.settings_of(run)
        form_now = updates.like_run(page.studio, panel, wanted)
        shown = updates.with_values(panel, updates.whole(page, panel, form_now), form_now)
        inputs = panel.advanced.form
        for part, value in zip(inputs.parts, form.filled(inputs, wanted["changes"]), strict=True):
            shown[part] = {**shown[part], **value}
        gr.Info(page.say("train.cloned"))
        return shown | {page.dataset: form_now.dataset, page.clone: "", page.tabs: gr.Tabs(selected="train")}

    page.clone.change(
        page.handler(cloned),
        page.clone,
        [*panel.outputs, page.dataset, page.clone, page.tabs],
        preprocess=False,
        show_progress="hidden",
        api_visibility="private",
    )


# Measuring and starting ----------------------------------------------------------------------------------------------


def _measuring(page: Page, panel: Panel) -> Callable[..., Iterator[Updates]]:
    def measuring(*values: Any) -> Iterator[Updates]:
        found = _situation(page, panel, read(values))
        if found.missing:
            raise RequestError(" ".join(found.missing))
        if training(page.studio):
            raise WrongState(page.say("train.cost.busy"), next=page.say("train.cost.busy.next"))
        side = panel.side
        working = {side.measure: gr.update(visible=False), side.give_up: gr.update(visible=True)}
        yield working
        first = found.asked.method
        others = [name for method in page.studio.methods() if (name := str(method["name"])) != first]
        for method in (first, *others):
            with closing(_measured(page, panel, found, method)) as told:
                for step in told:
                    if isinstance(step, Done):
                        break
                    if training(page.studio):
                        return  # started here or elsewhere: each would slow the other down
                    yield working | {side.progress: str(views.progress(step, method, page.say))}
            yield {panel.measured: f"{method} {new_ticket()}"}  # its change shows the costs of what is chosen by then

    return measuring


def _measured(page: Page, panel: Panel, found: Situation, method: str) -> Generator[Data | Done, None, None]:
    """The progress of measuring the run with one method."""
    studio, asked_for = page.studio, found.asked
    wish = with_method(studio, panel.advanced.form, found, method)
    return steps(
        lambda report: studio.choices.forecast(asked_for.dataset, asked_for.model, wish, report),
        studio.settings.workspace,
    )


def _measure(page: Page, panel: Panel) -> Any:
    """Wire the measuring; returns its event, for others to cancel."""
    side = panel.side

    def measured(*values: Any) -> Updates:
        known = updates.measured(page, panel, _situation(page, panel, read(values)))
        return {part: known[part] for part in (side.cost, panel.choosing.method)}

    def not_measuring(*values: Any) -> Updates:
        return updates.measured(page, panel, _situation(page, panel, read(values)))

    measuring = _listen(
        page, panel, side.measure.click, _measuring(page, panel), queue=True, trigger_mode="once", concurrency_limit=2
    )
    ended = side.give_up.click(None, cancels=[measuring], api_visibility="private")
    for event in (ended.then, measuring.then):
        _listen(page, panel, event, not_measuring)
    _listen(page, panel, panel.measured.change, measured)
    return measuring


def _start(page: Page, panel: Panel, measuring: Any) -> None:
    side, tickets = panel.side, Tickets()

    def started(*values: Any) -> Updates:
        form_now = read(values)
        if not form_now.ticket:
            raise RequestError(page.say("train.missing.form"), next=page.say("train.missing.form.next"))
        found = _situation(page, panel, form_now)
        if found.missing:
            raise RequestError(" ".join(found.missing))
        before = ahead(page.studio)
        run, new = tickets.once(form_now.ticket, lambda: _run(page, found))
        if new:
            gr.Info(page.say("train.queued", place=before + 1) if before else page.say("train.started"))
        return {page.run: run, page.tabs: gr.Tabs(selected="live"), panel.ticket: new_ticket(), side.name: ""}

    gr.on([page.dataset.change, side.start.click], None, cancels=[measuring], api_visibility="private")
    side.start.click(
        page.handler(started),
        panel.inputs(page),
        [page.run, page.tabs, panel.ticket, side.name],
        preprocess=False,
        trigger_mode="once",
        show_progress="hidden",
        api_visibility="private",
    )


def _run(page: Page, found: Situation) -> str:
    record = page.studio.start(found.asked.dataset, found.asked.model, found.wish, found.asked.name)
    return str(record["run"])
