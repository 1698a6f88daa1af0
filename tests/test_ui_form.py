"""The form made from declarations: it has every option, and what is entered in it is what a run is started with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.api import Wish
from studio.errors import StudioError
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import Option, describe
from studio.spec import TrainingParams
from studio.tasks import TASKS
from studio.ui import form
from studio.ui.words import LANGUAGES, speaker
from tests.train_forms import HOSTILE, Room, room

Data = dict[str, Any]
UI = Path(__file__).parent.parent / "studio" / "ui"
COMBINATIONS = [
    (task.name, method.name)
    for family in FAMILIES.values()
    for task in TASKS.values()
    for method in METHODS.values()
    if task.modality is family.modality and method.obstacle(task, family) is None
]
NEEDS: dict[str, Data] = {"label_template": {"label_names": True}}  # refused where nothing would read them
EN = speaker("en")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return room(tmp_path_factory.mktemp("form"))


def option(kind: str = "integer", **changes: Any) -> Data:
    bounds = dict.fromkeys(("at_least", "above", "at_most", "below"))
    plain: Data = {"name": "depth", "kind": kind, "label": "Depth", "help": "How deep.", "default": None, "choices": []}
    return plain | bounds | changes


@pytest.mark.parametrize(("task", "method"), COMBINATIONS)
def test_every_option_has_an_input_with_label_help_and_bounds(place: Room, task: str, method: str) -> None:
    inputs = place.panel.advanced.form
    options = place.studio.choices.options(task, method)
    fitting = form.fitting(inputs, options)
    assert {inputs.fields[i].name for i in fitting} == {item["name"] for item in options}
    assert len(fitting) == len(options)
    for field in (inputs.fields[i] for i in fitting):
        assert field.part.label == field.option["label"]
        told = str(field.part.info)
        assert field.option["help"] in told
        assert form.allowed(field.option, EN) in told
        assert field.part.value == ""


def test_an_input_is_made_once_for_all_methods_that_have_the_option(place: Room) -> None:
    """Methods may have options of one name that differ: each is an input of its own, shown with its methods."""
    options = [field.option for field in place.panel.advanced.form.fields]
    assert all(option not in options[:i] for i, option in enumerate(options))


def test_the_panel_names_no_option() -> None:
    names = {item.name for item in _every_option()}
    sources = [UI / "form.py", *(UI / "panels").glob("train*.py")]
    sources.remove(UI / "panels" / "train_views.py")  # it names the figures of a forecast, two of them like options
    told = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert names & told == set()


def _every_option() -> Iterator[Option]:
    yield from describe(TrainingParams)
    for method in METHODS.values():
        yield from describe(method.options)
    for task in TASKS.values():
        yield from describe(task.options)


def other_value(item: Data, start: Any) -> Any:
    """A value that an option takes and that is not its starting value."""
    if item["kind"] == "choice":
        return next(value for value in item["choices"] if value != start)
    if item["kind"] == "text":
        return item["example"]
    if item["kind"] == "switch":
        return not start
    low = next((item[name] for name in ("at_least", "above") if item[name] is not None), 0)
    high = next((item[name] for name in ("at_most", "below") if item[name] is not None), low + 100)
    values = (low + 1, low + 2) if item["kind"] == "integer" else (low + (high - low) / 4, low + (high - low) / 8)
    return next(value for value in values if value != start)


def as_typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("task", "method"), COMBINATIONS)
def test_a_changed_value_arrives_as_the_same_change_in_the_spec(place: Room, task: str, method: str) -> None:
    plain = place.found(task, method=method)
    offered = {item["name"]: item for item in place.studio.choices.options(task, method)}
    for item in offered.values():
        value = other_value(item, plain.starting[item["name"]])
        needed = {name: given for name, given in NEEDS.get(item["name"], {}).items() if name in offered}
        changes = {item["name"]: value} | needed
        entered = place.entered(**{name: as_typed(given) for name, given in changes.items()})
        found = place.found(task, method=method, entered=entered)
        assert found.wish.changes == changes
        spec = place.studio.draw_up(found.asked.dataset, found.asked.model, found.wish)
        assert (spec.training.model_dump() | spec.method_options | spec.task_options)[item["name"]] == value


@pytest.mark.parametrize(("task", "method"), COMBINATIONS)
def test_the_starting_values_typed_in_are_no_change(place: Room, task: str, method: str) -> None:
    inputs = place.panel.advanced.form
    plain = place.found(task, method=method)
    typed = [update["value"] for update in form.filled(inputs, plain.starting)]
    found = place.found(task, method=method, entered=tuple(typed))
    assert found.wish.changes == {}


@pytest.mark.parametrize(("task", "method"), COMBINATIONS)
def test_what_a_form_is_filled_with_is_what_is_read_from_it(place: Room, task: str, method: str) -> None:
    inputs = place.panel.advanced.form
    plain = place.found(task, method=method)
    wanted = {
        item["name"]: other_value(item, plain.starting[item["name"]])
        for item in place.studio.choices.options(task, method)
    }
    typed = tuple(update["value"] for update in form.filled(inputs, wanted))
    assert place.found(task, method=method, entered=typed).wish.changes == wanted


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15))
def test_a_filled_in_number_is_the_same_number(value: float) -> None:
    kind = "integer" if isinstance(value, int) else "number"
    assert form.entered(option(kind), form._as_entered(value)) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_anything_a_browser_sends_becomes_a_scalar_or_nothing(raw: Any) -> None:
    for kind in ("integer", "number", "switch", "choice", "text"):
        assert isinstance(form.entered(option(kind), raw), str | int | float | None)


@pytest.mark.parametrize("raw", [HOSTILE, [1], {"a": 1}, "nan", "inf", "-1e999", 10**30, "x" * 10_000, "3.5.2", True])
def test_a_value_that_no_option_takes_is_refused_by_the_core_in_words(place: Room, raw: Any) -> None:
    for task, method in COMBINATIONS[:3]:
        numeric = [item for item in place.studio.choices.options(task, method) if item["at_most"] is not None]
        for item in numeric:
            found = place.found(task, method=method, entered=place.entered(**{item["name"]: raw}))
            if raw is True:
                continue
            assert found.missing, (item["name"], raw)
            with pytest.raises(StudioError):
                place.studio.draw_up(found.asked.dataset, found.asked.model, found.wish)


def test_fields_of_another_method_are_hidden_and_count_for_nothing(place: Room) -> None:
    inputs = place.panel.advanced.form
    task = next(iter(TASKS))
    own = {method: {item["name"] for item in place.studio.choices.options(task, method)} for method in METHODS}
    extra, without = next((a, b) for a in METHODS for b in METHODS if own[a] - own[b])
    name = min(own[extra] - own[without])
    entered = place.entered(**{name: "3"})
    assert name in place.found(task, method=extra, entered=entered).wish.changes
    found = place.found(task, method=without, entered=entered)
    assert found.wish.changes == {}
    shown = dict(zip(inputs.outputs, form.updates(inputs, found.fitting, EN, found.starting), strict=True))
    hidden = next(field.part for field in inputs.fields if field.name == name)
    assert shown[hidden] == gr.update(visible=False)


def test_a_group_without_a_fitting_field_is_hidden(place: Room) -> None:
    inputs = place.panel.advanced.form
    updates = form.updates(inputs, frozenset({0}), EN, {})
    assert [update["visible"] for update in updates[len(inputs.fields) :]].count(True) == 1


def test_an_input_shows_its_starting_value(place: Room) -> None:
    inputs = place.panel.advanced.form
    found = place.found("text_classification")
    shown = dict(zip(inputs.parts, form.updates(inputs, found.fitting, EN, found.starting), strict=False))
    for i in found.fitting:
        field = inputs.fields[i]
        start = form.shown_value(found.starting[field.name], EN)
        update = shown[field.part]
        assert f"Starting value: {start}." in update["info"]
        assert start in (update["placeholder"] if "placeholder" in update else update["choices"][0][0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"at_least": 1, "at_most": 1000}, "Whole number, 1 to 1,000."),
        ({"at_least": 0, "below": 2**31}, "Whole number, 0 to 2,147,483,647."),
        ({"at_least": 1}, "Whole number, at least 1."),
        ({}, "Whole number."),
        ({"kind": "number", "above": 0, "at_most": 10}, "Number, above 0, at most 10."),
        ({"kind": "number", "at_least": 0, "below": 1}, "Number, at least 0, below 1."),
        ({"kind": "number", "at_least": 0.25}, "Number, at least 0.25."),
        ({"kind": "choice"}, ""),
    ],
)
def test_bounds_are_told_in_words(changes: Data, words: str) -> None:
    assert form.allowed(option(**changes), EN) == words


@pytest.mark.parametrize(
    ("value", "words"), [(9e-05, "0.00009"), (32, "32"), (16.0, "16"), (65536, "65,536"), (1e-9, "1e-09")]
)
def test_numbers_are_written_as_people_write_them(value: float, words: str) -> None:
    assert form.number(value) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["integer", "number", "switch", "choice", "text"])
def test_each_kind_of_option_has_an_input(kind: str, language: str) -> None:
    part = form.component(option(kind, choices=["a", "b"]), speaker(language))
    assert isinstance(part, gr.Dropdown if kind in ("switch", "choice") else gr.Textbox)
    assert part.value == ""


def test_a_wish_from_an_empty_form_is_the_core_s_own(place: Room) -> None:
    for task in TASKS:
        found = place.found(task)
        assert place.studio.draw_up(found.asked.dataset, None, Wish()) == place.studio.draw_up(
            found.asked.dataset, found.asked.model, found.wish
        )
