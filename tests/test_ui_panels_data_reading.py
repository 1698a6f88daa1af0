"""How a file is read as fields, and what the fields ask to be read differently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import settings
from studio.api import Studio
from studio.ui.panels.data_reading import as_text, change, every_role, named, shape, shown
from tests.data_panel import IMAGES, TEXTS, WORDS, record


def fields(**changes: Any) -> dict[str, Any]:
    """What a browser sends for the record as it is."""
    base = {"task": "text_classification", "text": "body", "label": "kind", "tokens": None, "tags": None, "split": ""}
    rest = {"image_size": None, "name": "reviews", "encoding": "", "delimiter": "", "header": "", "seed": 0}
    return base | rest | changes


def test_the_fields_of_a_dataset_as_it_is_ask_for_nothing() -> None:
    assert not change(record(), TEXTS, fields())
    given = record(options={"encoding": "cp1252", "seed": "7"})
    assert not change(given, TEXTS, fields(encoding="cp1252", seed=7))


def test_a_changed_column_names_all_columns_so_that_none_moves_unseen() -> None:
    wanted = change(record(), TEXTS, fields(text="note"))
    assert (wanted.task, dict(wanted.options)) == (None, {"text": "note", "label": "kind"})


def test_reading_options_are_changed_and_taken_back_one_by_one() -> None:
    before = record(options={"delimiter": "tab"})
    assert dict(change(before, TEXTS, fields(delimiter="", header="no")).options) == {"delimiter": "", "header": "no"}
    assert dict(change(record(), TEXTS, fields(seed=3.0)).options) == {"seed": "3"}


def test_another_task_takes_the_columns_that_are_named_and_finds_out_the_others() -> None:
    wanted = change(record(), WORDS, fields(task="token_classification", tokens="body", tags=""))
    assert (wanted.task, dict(wanted.options)) == ("token_classification", {"tokens": "body"})


def test_a_split_column_can_be_named() -> None:
    assert dict(change(record(), TEXTS, fields(split="note")).options) == {"split": "note"}


def test_a_column_to_join_can_be_named_and_taken_back() -> None:
    assert dict(change(record(), TEXTS, fields(join="note")).options) == {"join": "note"}
    columns = [{"name": "body", "role": "text"}, {"name": "kind", "role": "label"}, {"name": "note", "role": "join"}]
    joined = record(columns=columns, options={"join": "note"})
    assert shown(joined)["join"] == "note"
    assert not change(joined, TEXTS, fields(join="note"))
    assert dict(change(joined, TEXTS, fields(join="")).options) == {"join": ""}


def test_a_sheet_and_what_happens_to_ragged_rows_are_reading_options() -> None:
    before = record(options={"sheet": "Data"}, sheets=["About", "Data"])
    assert shown(before)["sheet"] == "Data"
    wanted = change(before, TEXTS, fields(sheet="About", ragged="yes"))
    assert dict(wanted.options) == {"sheet": "About", "ragged": "yes"}


def test_images_have_a_size_and_no_columns() -> None:
    images = record(task="image_classification", image_size=32)
    sent = fields(task="image_classification", image_size=64, delimiter="tab")
    assert shown(images)["image_size"] == "32"
    assert dict(change(images, IMAGES, sent).options) == {"image_size": "64"}
    assert not change(images, IMAGES, sent | {"image_size": 32})
    assert dict(change(images, IMAGES, sent | {"image_size": 32, "encoding": "cp932"}).options) == {"encoding": "cp932"}
    assert shown(images | {"options": {"encoding": "cp932"}})["encoding"] == "cp932"


def test_a_new_name_is_a_change_of_its_own_and_no_name_is_none() -> None:
    assert change(record(), TEXTS, fields(name="other")).name == "other"
    assert change(record(), TEXTS, fields(name="")).name is None


def test_a_first_import_takes_what_the_fields_say() -> None:
    sent = fields(label="", encoding="big5", seed=None, tokens="x")
    assert named(sent) == {"text": "body", "tokens": "x", "encoding": "big5"}
    assert named(sent, {"tokens", "tags"}) == {"text": "body", "encoding": "big5"}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_whatever_a_browser_sends_becomes_a_short_text(value: object) -> None:
    assert len(as_text(value)) <= 400
    for name in fields():
        change(record(), TEXTS, fields() | {name: value})


@pytest.mark.parametrize(("value", "text"), [(8.0, "8"), (8, "8"), (True, ""), (None, ""), (["a"], ""), ("a", "a")])
def test_numbers_and_texts_are_options_and_nothing_else_is(value: object, text: str) -> None:
    assert as_text(value) == text


def test_every_task_has_a_shape_and_every_role_a_field(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path))
    roles = list(every_role(studio))
    for task in studio.tasks():
        form = shape(studio, task["name"])
        assert set(form.roles) <= set(roles)
        assert not form.target or max(map(roles.index, form.inputs)) < roles.index(form.target)
