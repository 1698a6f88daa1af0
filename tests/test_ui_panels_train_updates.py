"""What the panel Train shows in a situation: for each dataset, after a choice, for the settings of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio import settings
from studio.api import Studio, Wish
from studio.settings import Mode
from studio.tasks import TASKS
from studio.ui import form
from studio.ui.panels import train_updates as updates
from studio.ui.panels.train_asked import OTHER, RUN, situation
from studio.ui.words import LANGUAGES
from tests.train_forms import HOSTILE, Room, laid_out, room
from tests.trained import TinyRuns

TEXTS = "text_classification"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return room(tmp_path_factory.mktemp("updates"))


@pytest.mark.parametrize("task", TASKS)
def test_a_dataset_brings_its_models_and_the_usual_choices(place: Room, task: str) -> None:
    untouched = replace(place.asked(task), prepared="", source="", method="", preset="")
    asked = updates.prepared(place.studio, untouched)
    spec = place.studio.draw_up(asked.dataset, None, Wish())
    assert (asked.source, asked.method, asked.preset) == (spec.model, spec.method, spec.preset)
    shown = updates.whole(place.page, place.panel, asked)
    values = [value for _, value in shown[place.panel.choosing.source]["choices"]]
    assert values == [item["name"] for item in place.studio.choices.models(task)] + [OTHER]
    assert shown[place.panel.side.start]["interactive"] is True
    assert f"train {asked.dataset} --model {spec.model}" in shown[place.panel.side.command]
    assert place.panel.ticket in shown


def test_everything_that_is_shown_is_among_the_outputs(place: Room) -> None:
    shown = updates.whole(place.page, place.panel, place.asked(TEXTS))
    assert set(shown) <= set(place.panel.outputs)
    assert len(place.panel.inputs(place.page)) == len(vars(place.asked(TEXTS))) - 1 + len(
        place.panel.advanced.form.fields
    )


def test_another_dataset_brings_its_own_model_and_keeps_the_rest(place: Room) -> None:
    entered = place.entered(epochs="7")
    before = replace(place.asked(TEXTS), method="lora", entered=entered)
    moved = updates.prepared(place.studio, replace(before, dataset=place.datasets["image_classification"]))
    assert moved.source == place.studio.draw_up(moved.dataset, None, Wish()).model
    assert (moved.method, moved.entered) == ("lora", entered)
    chosen = replace(place.asked(TEXTS), source="bert-base-chinese")
    assert updates.prepared(place.studio, chosen) == chosen


def test_a_change_is_counted_listed_and_commanded(place: Room) -> None:
    found = place.found(TEXTS, entered=place.entered(epochs="7", optimizer="sgd"), name="my run")
    shown = updates.settled(place.page, place.panel, found)
    assert "2 changed" in shown[place.panel.advanced.box]["label"]
    assert shown[place.panel.advanced.reset]["interactive"] is True
    assert "<strong>7</strong>" in shown[place.panel.advanced.changed]
    command = shown[place.panel.side.command]
    assert "--set epochs=7 --set optimizer=sgd --name &#x27;my run&#x27;" in command


def test_a_wrong_value_keeps_the_form_and_says_what_is_wrong(place: Room) -> None:
    found = place.found(TEXTS, entered=place.entered(epochs="many"))
    shown = updates.settled(place.page, place.panel, found)
    assert shown[place.panel.side.start]["interactive"] is False
    assert "epochs cannot be" in shown[place.panel.side.ready]
    assert not set(shown) & set(place.panel.advanced.form.parts)  # what was entered stays as it is


@pytest.mark.parametrize("source", [RUN, OTHER, HOSTILE])
def test_a_model_that_cannot_be_had_is_said_and_shown_all_the_same(place: Room, source: str) -> None:
    shown = updates.whole(place.page, place.panel, place.asked(TEXTS, source=source))
    assert shown[place.panel.side.start]["interactive"] is False
    assert shown[place.panel.side.measure]["interactive"] is False
    assert shown[place.panel.choosing.from_run]["visible"] is (source == RUN)
    assert shown[place.panel.choosing.other]["visible"] is (source == OTHER)
    assert "<img" not in "".join(value for value in shown.values() if isinstance(value, str))


def test_other_models_are_for_one_s_own_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    public = room(tmp_path_factory.mktemp("public"), mode=Mode.PUBLIC)
    shown = updates.whole(public.page, public.panel, public.asked(TEXTS))
    assert OTHER not in [value for _, value in shown[public.panel.choosing.source]["choices"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_s_settings_come_back_as_a_form(tiny_runs: TinyRuns, language: str) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    page, panel = laid_out(studio, language)
    for run in tiny_runs.runs.values():
        wanted = studio.choices.settings_of(run.id)
        asked = updates.like_run(studio, panel, wanted)
        found = situation(studio, page.say, panel.advanced.form, asked)
        spec = studio.draw_up(asked.dataset, asked.model, found.wish)
        assert (spec.training, spec.method_options) == (run.spec().training, run.spec().method_options)
        assert (spec.method, spec.preset, spec.source) == (run.spec().method, run.spec().preset, run.spec().source)


def test_a_form_for_a_run_that_went_on_from_another_names_it(tiny_runs: TinyRuns) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    _, panel = laid_out(studio)
    run = tiny_runs.of("text", "full")
    wanted = {"dataset": run.spec().dataset, "task": TEXTS, "model": run.id, "method": "lora", "preset": "best"}
    asked = updates.like_run(studio, panel, wanted | {"changes": {"epochs": 3}})
    assert (asked.source, asked.from_run, asked.model) == (RUN, run.id, run.id)
    assert form.changes(panel.advanced.form, frozenset(range(100)), asked.entered, {}) == {"epochs": 3}
