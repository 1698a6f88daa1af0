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
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import (
    OTHER,
    RUN,
    Asked,
    Situation,
    ahead,
    costs,
    finished_runs,
    forecast_of,
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
    """Everything, for a dataset: its line, its models, and all that follows from the choices."""
    studio, say = page.studio, page.say
    found = situation(studio, say, panel.advanced.form, asked)
    task = found.record["task"]
    models, runs = studio.choices.models(task, asked.dataset), finished_runs(studio, task)
    local = studio.settings.mode is Mode.LOCAL
    return {
        panel.empty: gr.update(visible=False),
        panel.body: gr.update(visible=True),
        panel.line: str(views.dataset_line(found.record, say)),
        panel.prepared: asked.dataset,
        panel.ticket: asked.ticket or new_ticket(),
        panel.choosing.source: gr.update(choices=views.model_cards(models, runs, local, say), value=asked.source),
    } | chosen(page, panel, found)


def chosen(page: Page, panel: Panel, found: Situation) -> Updates:
    """What follows from dataset, model, method and preset."""
    studio, say, asked, choosing = page.studio, page.say, found.asked, panel.choosing
    task = found.record["task"]
    models, runs = studio.choices.models(task, asked.dataset), finished_runs(studio, task)
    shown = own_model(asked.source)
    run = next((run for run in runs if run["run"] == asked.from_run), None)
    inputs = panel.advanced.form
    after = settled(page, panel, found)
    settings = form.updates(inputs, found.fitting, say, found.starting)
    return {
        choosing.from_run: gr.update(
            choices=views.run_choices(runs, say), value=asked.from_run or None, visible=shown["from_run"]
        ),
        choosing.other: gr.update(visible=shown["other"]),
        choosing.preset: gr.update(choices=views.preset_cards(studio.choices.presets(), say), value=asked.preset),
        panel.side.details: str(views.model_details(asked.source, models, run, say)),
        **dict(zip(inputs.outputs, settings, strict=True)),
        **after,
        choosing.method: {**after[choosing.method], "value": asked.method},
    }


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


def _method_cards(page: Page, found: Situation, known: Mapping[str, Data | None]) -> views.Cards:
    model = found.asked.model if found.known else None
    return views.method_cards(page.studio.choices.methods(found.asked.dataset, model), known, page.say)


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


def prepared(studio: Studio, asked: Asked) -> Asked:
    """The form for its dataset: as it is if it was made for that, else with the model that suits the dataset. The
    method and the preset are the core's where none was chosen."""
    task = studio.dataset(asked.dataset)["task"]
    if asked.prepared != asked.dataset or not asked.source:
        source = next(model["name"] for model in studio.choices.models(task, asked.dataset) if model["default"])
        asked = replace(asked, source=source, from_run="", prepared=asked.dataset)
    if not (asked.method and asked.preset):
        usual = studio.draw_up(asked.dataset, None, Wish())
        asked = replace(asked, method=asked.method or usual.method, preset=asked.preset or usual.preset)
    return asked


def like_run(studio: Studio, panel: Panel, wanted: Mapping[str, Any]) -> Asked:
    """The form for the settings of a run, as `choices.settings_of` gives them."""
    model, from_run, other = str(wanted["model"]), "", ""
    if model not in {item["name"] for item in studio.choices.models(wanted["task"])}:
        runs = finished_runs(studio, wanted["task"])
        from_run = next((run["run"] for run in runs if model in (run["run"], run["name"])), "")
        model, other = (RUN, "") if from_run else (OTHER, model)
    changes = wanted["changes"]
    entered = tuple(changes.get(field.name) for field in panel.advanced.form.fields)
    dataset = str(wanted["dataset"])
    return Asked(
        dataset, dataset, new_ticket(), model, from_run, other, wanted["method"], wanted["preset"], "", entered
    )
