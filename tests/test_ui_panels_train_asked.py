"""The form of the panel Train as data: whatever a browser sends becomes texts, and the core says what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import settings
from studio.api import Studio
from studio.errors import StudioError, UnknownName
from studio.settings import Mode
from studio.tasks import TASKS
from studio.ui.panels.train_asked import (
    HEAD,
    OTHER,
    RUN,
    agreeing_preset,
    ahead,
    costs,
    finished_runs,
    forecast_of,
    read,
    situation,
    training,
    with_method,
)
from studio.ui.words import speaker
from tests.train_forms import HOSTILE, Room, laid_out, room
from tests.trained import TinyRuns

EN = speaker("en")
TEXTS = "text_classification"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return room(tmp_path_factory.mktemp("asked"))


@given(st.lists(st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.text()), min_size=HEAD, max_size=20))
def test_whatever_is_sent_the_head_of_a_form_is_short_texts(values: list[Any]) -> None:
    form_now = read(values)
    assert all(isinstance(value, str) and len(value) <= 500 for value in list(vars(form_now).values())[:HEAD])
    assert form_now.entered == tuple(values[HEAD:])


def test_the_model_is_that_of_the_card_or_of_the_field_below(place: Room) -> None:
    plain = place.asked(TEXTS)
    assert plain.model == plain.source
    assert replace(plain, source=RUN, from_run="r1", other="org/x").model == "r1"
    assert replace(plain, source=OTHER, from_run="r1", other="org/x").model == "org/x"


@pytest.mark.parametrize("task", TASKS)
def test_an_untouched_form_can_be_started(place: Room, task: str) -> None:
    found = place.found(task)
    assert found.known
    assert found.missing == ()
    assert found.wish.changes == {}


@pytest.mark.parametrize(("source", "word"), [(RUN, "finished run"), (OTHER, "Hub id or the folder")])
def test_a_model_that_is_not_said_yet_is_missing(place: Room, source: str, word: str) -> None:
    found = place.found(TEXTS, source=source)
    assert not found.known
    assert word in found.missing[0]
    assert forecast_of(place.studio, found, found.wish) is None
    assert set(costs(place.studio, place.panel.advanced.form, found).values()) == {None}


@pytest.mark.parametrize("model", [HOSTILE, "../../etc", "starter-resnet", "/", "\0"])
def test_a_model_that_cannot_be_used_is_said_in_words(place: Room, model: str) -> None:
    found = place.found(TEXTS, source=model)
    assert found.missing
    assert "Traceback" not in found.missing[0]


@pytest.mark.parametrize("changes", [{"dataset": "nothing"}, {"method": HOSTILE}, {"preset": "worst"}])
def test_names_that_do_not_exist_are_refused(place: Room, changes: dict[str, str]) -> None:
    try:
        found = place.found(TEXTS, **changes)
    except UnknownName:
        return
    assert found.missing  # said beside Start instead


def test_a_preset_that_brings_its_method_agrees_with_no_other(place: Room) -> None:
    presets = place.studio.choices.presets()
    bound = next(item for item in presets if item["method"])
    free = next(item for item in presets if not item["method"])
    others = [m["name"] for m in place.studio.methods() if m["name"] != bound["method"]]
    assert agreeing_preset(place.studio, bound["name"], bound["method"]) == bound["name"]
    assert agreeing_preset(place.studio, bound["name"], others[0]) == free["name"]
    assert agreeing_preset(place.studio, free["name"], others[0]) == free["name"]


def test_another_method_takes_the_values_that_were_entered_for_it(place: Room) -> None:
    inputs = place.panel.advanced.form
    methods = [item["name"] for item in place.studio.methods()]
    own = {m: {item["name"] for item in place.studio.choices.options(TEXTS, m)} for m in methods}
    special = next(m for m in methods if any(own[m] - own[other] for other in methods))
    other = next(m for m in methods if own[special] - own[m])
    name = min(
        item["name"]
        for item in place.studio.choices.options(TEXTS, special)
        if item["name"] not in own[other] and item["kind"] in ("integer", "number")
    )
    found = place.found(TEXTS, method=other, entered=place.entered(**{name: "4"}))
    assert found.wish.changes == {}
    assert with_method(place.studio, inputs, found, special).changes == {name: 4}
    assert with_method(place.studio, inputs, found, other) is found.wish


def test_finished_runs_are_offered_where_they_read_the_same(tiny_runs: TinyRuns) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    texts = {run["task"] for run in finished_runs(studio, TEXTS)}
    assert texts == {"text_classification", "text_pair_classification", "token_classification"}
    assert {run["task"] for run in finished_runs(studio, "image_classification")} == {"image_classification"}
    assert ahead(studio) == 0
    assert not training(studio)


def test_what_nothing_can_start_from_is_not_offered(tiny_runs: TinyRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    run = finished_runs(studio, TEXTS)[0]
    monkeypatch.setattr(studio, "runs", lambda: [run, run | {"method": "prompt"}])
    assert finished_runs(studio, TEXTS) == [run]


def test_a_run_is_a_model_to_go_on_from(tiny_runs: TinyRuns) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    page, panel = laid_out(studio)
    run = tiny_runs.of("text", "full")
    values = [run.spec().dataset, "", "t", RUN, run.id, "", "full", "balanced", "again"]
    form_now = read([*values, *(None for _ in panel.advanced.form.fields)])
    found = situation(studio, page.say, panel.advanced.form, form_now)
    assert found.missing == ()
    assert studio.draw_up(form_now.dataset, form_now.model, found.wish).source.location == run.id


def test_strangers_can_name_no_folder(tmp_path: Path) -> None:
    place = room(tmp_path, mode=Mode.PUBLIC)
    found = place.found(TEXTS, source=OTHER, other=str(tmp_path))
    assert found.missing
    with pytest.raises(StudioError):
        place.studio.start(found.asked.dataset, found.asked.model, found.wish)
    assert place.studio.runs() == []
