"""What the parts of the panel Train show in a situation, as updates by part. Starts and measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.api import Studio, Wish
from studio.errors import StudioError
from studio.settings import Mode
from studio.ui import form
from studio.ui.panels import train_cards as cards
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import (
    OTHER,
    RUN,
    Asked,
    Situation,
    agreeing_preset,
    ahead,
    costs,
    finished_runs,
    forecast_of,
    mark,
    marked,
    situation,
    training,
)
from studio.ui.panels.train_parts import Panel, own_model
from studio.ui.panels.train_tickets import new_ticket
from studio.ui.shared import Page

Data = dict[str, Any]
Updates = dict[Any, Any]


def nothing(panel: Panel) -> Updates:
    """There is no dataset."""
    return {panel.empty: gr.update(visible=True), panel.body: gr.update(visible=False)}


def whole(page: Page, panel: Panel, asked: Asked) -> Updates:
    """Everything but the values of the choices: the dataset's line, the models, all that follows from the choices."""
    studio, say, choosing, inputs = page.studio, page.say, panel.choosing, panel.advanced.form
    found = situation(studio, say, inputs, asked)
    task, shown = found.record["task"], own_model(asked.source)
    models, runs = studio.choices.models(task, asked.dataset), finished_runs(studio, task)
    run = next((run for run in runs if run["run"] == asked.from_run), None)
    menu = cards.model_cards(models, runs, studio.settings.mode is Mode.LOCAL, say)
    settings = form.updates(inputs, found.fitting, say, found.starting)
    return {
        panel.empty: gr.update(visible=False),
        panel.body: gr.update(visible=True),
        panel.line: str(views.dataset_line(found.record, say)),
        panel.seen: mark(asked, len(runs)),
        panel.ticket: asked.ticket or new_ticket(),
        choosing.source: gr.update(choices=menu),
        choosing.from_run: gr.update(choices=cards.run_choices(runs, say), visible=shown["from_run"]),
        choosing.other: gr.update(visible=shown["other"]),
        choosing.preset: gr.update(choices=cards.preset_cards(studio.choices.presets(), _methods(page, found), say)),
        panel.side.details: str(views.model_details(asked.source, models, run, say)),
        **dict(zip(inputs.outputs, settings, strict=True)),
        **settled(page, panel, found),
    }


def with_values(panel: Panel, shown: Updates, asked: Asked, sent: Asked | None = None) -> Updates:
    """The updates with the values of the choices: all of them, or those that differ from what was sent, so that a late
    answer takes back no newer choice."""
    added = {}
    for name, part in vars(panel.choosing).items():
        value = getattr(asked, name)
        if sent is None or value != getattr(sent, name):
            added[part] = {**shown.get(part, gr.update()), "value": value or None if name == "from_run" else value}
    return shown | added


def settled(page: Page, panel: Panel, found: Situation) -> Updates:
    """What follows from the options as well: costs, warnings, what is missing, the command."""
    studio, say, side, advanced = page.studio, page.say, panel.side, panel.advanced
    count = len(found.wish.changes)
    label = say("train.advanced.changed", count=count) if count else say("train.advanced")
    return {
        advanced.box: gr.update(label=label),
        advanced.changed: str(views.changed(advanced.form, found, say)),
        advanced.reset: gr.update(interactive=any(form.is_entered(value) for value in found.asked.entered)),
        side.warnings: str(_warnings(page, found)),
        side.start: gr.update(interactive=not found.missing),
        side.ready: str(views.readiness(found.missing, ahead(studio), say)),
        side.command: _command(page, found),
        **measured(page, panel, found),
    }


def measured(page: Page, panel: Panel, found: Situation) -> Updates:
    """The costs as far as they are known, and no measuring going on."""
    side, studio, busy = panel.side, page.studio, training(page.studio)
    known = costs(studio, panel.advanced.form, found)
    possible = found.known and not found.missing and not busy
    return {
        side.cost: str(views.cost(forecast_of(studio, found, found.wish), busy, page.say)),
        side.progress: "",
        side.measure: gr.update(visible=None in known.values(), interactive=possible),
        side.give_up: gr.update(visible=False),
        panel.choosing.method: gr.update(choices=_method_cards(page, found, known)),
    }


def _method_cards(page: Page, found: Situation, known: Mapping[str, Data | None]) -> cards.Cards:
    return cards.method_cards(_methods(page, found), known, page.say)


def _methods(page: Page, found: Situation) -> list[Data]:
    return page.studio.choices.methods(found.asked.dataset, found.asked.model if found.known else None)


def _warnings(page: Page, found: Situation) -> Any:
    if not found.known or found.missing:
        return ""
    asked, studio = found.asked, page.studio
    models = studio.choices.models(found.record["task"])
    return views.warnings(studio.warnings(asked.dataset, asked.model, found.wish), models, asked.source, page.say)


def _command(page: Page, found: Situation) -> str:
    asked = found.asked
    if not asked.model:
        return ""
    try:
        line = page.studio.choices.command(asked.dataset, asked.model, found.wish, asked.name)
    except StudioError:
        return ""  # the line beside Start says what is wrong
    return str(views.command(line, page.say))


# Choosing for people -------------------------------------------------------------------------------------------------


def followed(page: Page, panel: Panel, sent: Asked) -> Updates:
    """The answer to whatever was changed in the form, or around it."""
    if not sent.dataset:
        return nothing(panel)
    before = marked(sent.seen)
    asked = agreed(page.studio, sent, before)
    runs = finished_runs(page.studio, page.studio.dataset(asked.dataset)["task"])
    if mark(asked, len(runs)) == sent.seen:
        return settled(page, panel, situation(page.studio, page.say, panel.advanced.form, asked))
    return with_values(panel, whole(page, panel, asked), asked, sent)


def agreed(studio: Studio, sent: Asked, before: Mapping[str, str]) -> Asked:
    """The form with choices that go together: a model for its dataset, a method for its preset or the other way round,
    whichever was not changed. The method and the preset are the core's where none was chosen."""
    menu = studio.choices.models(studio.dataset(sent.dataset)["task"], sent.dataset)
    fitting = sent.source in (RUN, OTHER, *(model["name"] for model in menu))
    newer = fitting and sent.source != before.get("source", sent.source)  # chosen before the dataset was answered
    if not sent.source or (before.get("dataset") != sent.dataset and not newer):
        source = next(model["name"] for model in menu if model["default"])
        sent = replace(sent, source=source, from_run="", other="")
    if not (sent.method and sent.preset):
        usual = studio.draw_up(sent.dataset, None, Wish())
        return replace(sent, method=sent.method or usual.method, preset=sent.preset or usual.preset)
    brought = next((item["method"] for item in studio.choices.presets() if item["name"] == sent.preset), None)
    if brought and before.get("preset") != sent.preset:
        return replace(sent, method=brought)
    return replace(sent, preset=agreeing_preset(studio, sent.preset, sent.method))


def like_run(studio: Studio, panel: Panel, wanted: Mapping[str, Any]) -> Asked:
    """The form for the settings of a run, as `choices.settings_of` gives them."""
    model, from_run, other = str(wanted["model"]), "", ""
    if model not in {item["name"] for item in studio.choices.models(wanted["task"])}:
        runs = finished_runs(studio, wanted["task"])
        from_run = next((run["run"] for run in runs if model in (run["run"], run["name"])), "")
        model, other = (RUN, "") if from_run else (OTHER, model)
    changes = wanted["changes"]
    entered = tuple(changes.get(field.name) for field in panel.advanced.form.fields)
    return Asked(
        str(wanted["dataset"]),
        "",
        new_ticket(),
        model,
        from_run,
        other,
        wanted["method"],
        wanted["preset"],
        "",
        entered,
    )
