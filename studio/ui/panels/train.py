"""The panel Train: three decisions, what they cost here, and Start."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.errors import RequestError, WrongState
from studio.ui import form
from studio.ui.panels import train_updates as updates
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import (
    KEPT_FROM,
    Asked,
    Situation,
    ahead,
    read,
    situation,
    training,
    with_method,
)
from studio.ui.panels.train_parts import Panel, lay_out
from studio.ui.panels.train_tickets import GivenUp, Tickets, new_ticket
from studio.ui.panels.train_updates import Updates
from studio.ui.shared import ACTING, ALONE, QUIET, Page, as_json, asked, telling_html
from studio.ui.work import Done, steps

Data = dict[str, Any]
_ANSWERED: dict[str, Any] = QUIET | {"preprocess": False, "trigger_mode": "always_last"}


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    panel = lay_out(page)
    _cloning(page, panel)
    _keep(page, panel)
    _follow(page, panel, tab)
    _use_model(page, panel)
    _reset(page, panel)
    _measure(page, panel)
    _start(page, panel)


# Choices -------------------------------------------------------------------------------------------------------------


def _follow(page: Page, panel: Panel, tab: gr.Tab) -> None:
    """One listener for all that may change: the browser sends the next change when the last is answered, so that no
    answer can overtake another. The settings of a run that are to be cloned are one of these changes."""
    choosing = panel.choosing

    def followed(*values: Any) -> Updates:
        *form_now, run = values
        return _cloned(page, panel, run) if run else updates.followed(page, panel, read(form_now))

    edited = _edited(panel)
    around = [page.dataset.change, page.clone.change, panel.restored.change, tab.select]
    answered = gr.on(
        [*around, *edited, choosing.other.submit, choosing.other.blur],
        page.handler(followed),
        [*panel.inputs(page), page.clone],
        [*panel.outputs, page.dataset, page.clone],
        **_ANSWERED,
    )
    answered.failure(None, None, page.clone, js="() => ''", **ALONE)


def _edited(panel: Panel) -> list[Any]:
    """The events of a change of the form, but for the model that is written out: that is complete when its field is
    left."""
    chosen = panel.choosing
    cards = [part.input for part in (chosen.source, chosen.from_run, chosen.method, chosen.preset)]
    return [*cards, *(_changed(part) for part in (*panel.advanced.form.parts, panel.side.name))]


def _keep(page: Page, panel: Panel) -> None:
    """What a person entered survives a reload of the page: by dataset, in the browser's tab and nowhere else. It is
    put back when the form is first answered for a dataset, and forgotten when it has become a run or was reset."""
    inputs, chosen = panel.inputs(page), panel.choosing
    put_back = [*inputs[KEPT_FROM:], panel.restored]
    gr.on([*_edited(panel), chosen.other.change], None, inputs, None, js=_calling("keep"), **ALONE)
    panel.seen.change(None, inputs, put_back, js=_calling("restored"), **ALONE)
    panel.advanced.reset.click(None, page.dataset, None, js=_calling("forget"), **ALONE)


def _calling(name: str) -> str:
    return f"(...values) => studioTrain.{name}(values)"


def _cloning(page: Page, panel: Panel) -> None:
    """As soon as a run is to be cloned the panel opens and says so, without asking the server."""
    loading = as_json(str(views.cloning(page.say)))
    page.clone.change(
        None, page.clone, [page.tabs, panel.cloning], js=f"(run) => studioTrain.cloning(run, {loading})", **ALONE
    )


def _cloned(page: Page, panel: Panel, run: object) -> Updates:
    """The same settings as a run's, to be changed and started. Raises RequestError, UnknownName, WrongState."""
    if not isinstance(run, str):
        raise RequestError("There is no such run.", next="Choose one in the panel Runs.")
    wanted = page.studio.choices.settings_of(run)
    form_now = updates.like_run(page.studio, panel, wanted)
    shown = updates.with_values(panel, updates.whole(page, panel, form_now), form_now)
    inputs = panel.advanced.form
    for part, value in zip(inputs.parts, form.filled(inputs, wanted["changes"]), strict=True):
        shown[part] = {**shown[part], **value}
    return shown | {page.dataset: form_now.dataset, page.clone: ""}


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
    return event(page.handler(action), panel.inputs(page), panel.outputs, **(_ANSWERED | more))


# Measuring and starting ----------------------------------------------------------------------------------------------


def _measuring(page: Page, panel: Panel, given_up: GivenUp) -> Callable[..., Iterator[Updates]]:
    def measuring(*values: Any) -> Iterator[Updates]:
        found = _situation(page, panel, read(values))
        if found.missing:
            raise RequestError(" ".join(found.missing))
        if training(page.studio):
            raise WrongState(page.say("train.cost.busy"), next=page.say("train.cost.busy.next"))
        side, ticket = panel.side, new_ticket()
        working = {side.measure: gr.update(visible=False), side.give_up: gr.update(visible=True)}
        yield working | {panel.measuring: ticket}
        first = found.asked.method
        others = [name for method in page.studio.methods() if (name := str(method["name"])) != first]
        for method in (first, *others):
            with closing(_measured(page, panel, found, method)) as told:
                for step in told:
                    if isinstance(step, Done):
                        break
                    if ticket in given_up or training(page.studio):
                        return  # a run that was started here or elsewhere would be slowed down, and the figures wrong
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


def _measure(page: Page, panel: Panel) -> None:
    """Wire the measuring. It looks itself whether it was given up: Gradio's own way to cancel an event now and then
    answers with a failure when the event ends at the same moment."""
    side, given_up = panel.side, GivenUp()

    def measured(*values: Any) -> Updates:
        known = updates.measured(page, panel, _situation(page, panel, read(values)))
        return {part: known[part] for part in (side.cost, panel.choosing.method)}

    def not_measuring(*values: Any) -> Updates:
        return updates.measured(page, panel, _situation(page, panel, read(values)))

    measuring = _listen(
        page,
        panel,
        side.measure.click,
        _measuring(page, panel, given_up),
        queue=True,
        trigger_mode="once",
        concurrency_limit=2,
    )
    telling_html(given_up.add, "studioTrain.measuring")
    ends = [side.give_up.click, page.dataset.change, side.start.click]
    gr.on(ends, None, None, None, js="() => studioTrain.giveUp()", **ALONE)
    _listen(page, panel, measuring.then, not_measuring)
    _listen(page, panel, panel.measured.change, measured)


def _start(page: Page, panel: Panel) -> None:
    side, tickets = panel.side, Tickets()

    def started(*values: Any) -> Updates:
        form_now = read(values)
        if not form_now.ticket:
            raise RequestError(page.say("train.missing.form"), next=page.say("train.missing.form.next"))
        found = _situation(page, panel, form_now)
        if found.missing:
            raise RequestError(" ".join(found.missing))
        before = ahead(page.studio)
        run, new = tickets.once(form_now.ticket, lambda: _run(page, found, form_now.ticket))
        if new:
            gr.Info(page.say("train.queued", before=before) if before else page.say("train.started"))
        return {page.run: run, page.tabs: gr.Tabs(selected="live"), panel.ticket: new_ticket(), side.name: ""}

    done = side.start.click(
        page.handler(started),
        panel.inputs(page),
        [page.run, page.tabs, panel.ticket, side.name],
        preprocess=False,
        trigger_mode="once",
        **ACTING,
    )
    done.success(None, page.dataset, None, js=_calling("forget"), **ALONE)


def _run(page: Page, found: Situation, ticket: str) -> str:
    """Tickets of this page are remembered here; those that another server has used, by their runs."""
    asked = found.asked
    record = page.studio.start(asked.dataset, asked.model, found.wish, asked.name, ticket=ticket)
    return str(record["run"])
