"""What the panel Train shows in a situation: for each dataset, after a choice, for the settings of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import Studio, Wish
from studio.contracts import Modality
from studio.settings import Mode
from studio.tasks import TASKS
from studio.ui import form
from studio.ui.panels import train_updates as updates
from studio.ui.panels.train_asked import OTHER, RUN, Asked, mark, marked, situation
from studio.ui.words import LANGUAGES
from tests.train_forms import HOSTILE, Room, laid_out, room
from tests.trained import TinyRuns

TEXTS = "text_classification"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return room(tmp_path_factory.mktemp("updates"))


def answered(place: Room, sent: Asked) -> tuple[updates.Updates, Asked]:
    """The answer to a form, and the form as it is then in the browser."""
    shown = updates.followed(place.page, place.panel, sent)
    parts = vars(place.panel.choosing)
    values: dict[str, Any] = {
        name: shown[part]["value"] or "" for name, part in parts.items() if "value" in shown.get(part, {})
    }
    return shown, replace(sent, seen=shown.get(place.panel.seen, sent.seen), **values)


@pytest.mark.parametrize("task", TASKS)
def test_a_dataset_brings_its_models_and_the_usual_choices(place: Room, task: str) -> None:
    shown, asked = answered(place, replace(place.asked(task), source="", method="", preset="", ticket=""))
    spec = place.studio.draw_up(asked.dataset, None, Wish())
    assert (asked.source, asked.method, asked.preset) == (spec.model, spec.method, spec.preset)
    values = [value for _, value in shown[place.panel.choosing.source]["choices"]]
    assert values == [*(item["name"] for item in place.studio.choices.models(task)), OTHER]
    assert shown[place.panel.side.start]["interactive"] is True
    assert f"train {asked.dataset} --model {spec.model}" in shown[place.panel.side.command]
    assert shown[place.panel.ticket]


@pytest.mark.parametrize(("language", "words"), [("en", "non-commercial research"), ("zh", "非商业的研究")])
def test_the_terms_of_the_starting_weights_stand_beside_start(tmp_path: Path, language: str, words: str) -> None:
    place = room(tmp_path, language)
    for task in TASKS:
        shown, _ = answered(place, place.asked(task))
        assert (words in shown[place.panel.side.warnings]) == (TASKS[task].modality is Modality.IMAGE)


def test_without_a_dataset_only_the_way_to_one_is_shown(place: Room) -> None:
    shown, _ = answered(place, place.asked(TEXTS, dataset=""))
    assert (shown[place.panel.empty]["visible"], shown[place.panel.body]["visible"]) == (True, False)


def test_an_answer_takes_back_no_choice_that_stays(place: Room) -> None:
    _, asked = answered(place, place.asked(TEXTS))
    changed: list[dict[str, Any]] = [{"method": "lora"}, {"preset": "best"}, {"source": "bert-base-chinese"}, {}]
    for changes in changed:
        shown, _ = answered(place, replace(asked, **changes))
        assert not any("value" in shown.get(part, {}) for part in vars(place.panel.choosing).values())


@pytest.mark.parametrize(
    ("chosen", "kept"), [(OTHER, True), ("bert-base-chinese", True), ("starter-resnet", False), ("", False)]
)
def test_a_model_chosen_while_another_dataset_is_on_its_way_stays(place: Room, chosen: str, kept: bool) -> None:
    before = replace(place.asked(TEXTS), dataset="another", source="minilm-l6")
    _, after = answered(place, replace(place.asked(TEXTS, seen=mark(before, 0)), source=chosen))
    assert (after.source == chosen) is kept
    assert after.source in (OTHER, *(item["name"] for item in place.studio.choices.models(TEXTS)))


def test_a_preset_and_a_method_that_do_not_agree_are_made_to(place: Room) -> None:
    _, asked = answered(place, place.asked(TEXTS))
    bound = next(item for item in place.studio.choices.presets() if item["method"])
    _, quick = answered(place, replace(asked, preset=bound["name"]))
    assert (quick.preset, quick.method) == (bound["name"], bound["method"])
    _, other = answered(place, replace(quick, method=asked.method))
    assert (other.preset, other.method) == (asked.preset, asked.method)


@pytest.mark.parametrize("seen", ["", HOSTILE, "[]", "[1, 2, 3, 4, 5, 6, 7]", "[" * 100_000, '{"dataset": 1}'])
def test_a_mark_that_is_none_of_ours_is_no_mark(place: Room, seen: str) -> None:
    assert marked(seen) == {}
    shown, _ = answered(place, place.asked(TEXTS, seen=seen))
    assert place.panel.seen in shown


def test_everything_that_is_shown_is_among_the_outputs(place: Room) -> None:
    shown = updates.whole(place.page, place.panel, place.asked(TEXTS))
    assert set(shown) <= set(place.panel.outputs)
    assert len(place.panel.inputs(place.page)) == len(vars(place.asked(TEXTS))) - 1 + len(
        place.panel.advanced.form.fields
    )


def test_another_dataset_brings_its_own_model_and_keeps_the_rest(place: Room) -> None:
    entered = place.entered(epochs="7")
    _, before = answered(place, place.asked(TEXTS, method="lora", entered=entered))
    _, moved = answered(place, replace(before, dataset=place.datasets["image_classification"]))
    assert moved.source == place.studio.draw_up(moved.dataset, None, Wish()).model
    assert (moved.method, moved.entered) == ("lora", entered)


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
    texts = [value for part, value in shown.items() if isinstance(value, str) and part is not place.panel.seen]
    assert "<img" not in "".join(texts)


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
