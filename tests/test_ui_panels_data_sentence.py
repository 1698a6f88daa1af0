"""The editable sentence: its fields show how a dataset was read, and reading again changes only what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import ImportRequest, Studio
from studio.ui.panels import data_sentence
from studio.ui.panels.data_reading import Change
from studio.ui.panels.data_sentence import Sentence
from studio.ui.shared import Page
from tests import workbooks
from tests.data_panel import on_page

HOSTILE_COLUMN = "<img src=x onerror=alert(1)>"


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    rows = "".join(f"text number {i},class {i % 2},group {i % 3}\n" for i in range(60))
    (tmp_path / "reviews.csv").write_text(f"text,label,{HOSTILE_COLUMN}\n" + rows)
    made = Studio(settings.load(workspace=tmp_path / "workspace"))
    made.import_dataset(ImportRequest(tmp_path / "reviews.csv"))
    made.import_dataset(ImportRequest(Path("digits")))
    return made


def filled(studio: Studio, dataset: str) -> tuple[Page, Sentence, dict[Any, Any]]:
    page, (parts, _) = on_page(studio, data_sentence.build)
    return page, parts, data_sentence.fill(page, parts, studio.dataset(dataset)["dataset"])


def test_a_text_dataset_shows_its_columns_and_no_size(studio: Studio) -> None:
    _, parts, shown = filled(studio, "reviews")
    label = shown[parts.fields["label"]]
    assert (label.value, label.visible) == ("label", True)
    assert [value for _, value in label.choices] == ["text", "label", HOSTILE_COLUMN]
    assert shown[parts.fields["tokens"]].visible is False
    assert shown[parts.fields["image_size"]].visible is False
    assert shown[parts.fields["seed"]] == 0
    assert "classify" in shown[parts.before]
    assert shown[parts.again].interactive is False


def test_an_image_dataset_shows_its_size_and_no_columns(studio: Studio) -> None:
    _, parts, shown = filled(studio, "digits")
    assert (shown[parts.fields["image_size"]].value, shown[parts.fields["image_size"]].visible) == (32, True)
    assert not any(shown[parts.fields[role]].visible for role in ("text", "label", "split"))
    assert not any(shown[parts.fields[name]]["visible"] for name in ("delimiter", "header", "ragged"))
    assert not any(shown[parts.fields[name]].visible for name in ("sheet", "join"))
    assert shown[parts.fields["encoding"]] == ""  # of the names in an archive
    assert shown[parts.between] == ""


def test_a_workbook_shows_its_sheets_to_choose_from_and_other_files_none(studio: Studio, tmp_path: Path) -> None:
    rows = [["text", "label"], *([f"some words {i}", "ab"[i % 2]] for i in range(40))]
    book = workbooks.xlsx(tmp_path / "book.xlsx", {"About": [["read me"]], "Data": rows})
    studio.import_dataset(ImportRequest(book))
    _, parts, shown = filled(studio, "book")
    assert [value for _, value in shown[parts.fields["sheet"]].choices] == ["", "About", "Data"]
    assert shown[parts.fields["sheet"]].visible is True
    _, parts, shown = filled(studio, "reviews")
    assert shown[parts.fields["sheet"]].visible is False


def test_two_columns_are_read_as_one_text_and_stay_so(studio: Studio) -> None:
    page, parts, _ = filled(studio, "reviews")
    wanted = Change(options={"join": HOSTILE_COLUMN})
    told = list(data_sentence._read_again(page, parts, studio.dataset("reviews")["dataset"], wanted))
    joined = told[-1][page.dataset]
    assert told[-1][parts.fields["join"]].value == HOSTILE_COLUMN
    assert " | group " in studio.rows(joined, "train", 0, 1)["text"][0]


def test_nothing_is_shown_of_no_dataset(studio: Studio) -> None:
    page, (parts, _) = on_page(studio, data_sentence.build)
    assert data_sentence.fill(page, parts, "") == {}


def test_reading_again_selects_what_came_of_it(studio: Studio) -> None:
    page, parts, _ = filled(studio, "reviews")
    wanted = Change(options={"text": "text", "label": HOSTILE_COLUMN})
    told = list(data_sentence._read_again(page, parts, studio.dataset("reviews")["dataset"], wanted))
    assert "data-progress" in told[0][parts.hint]
    assert len(studio.dataset(told[-1][page.dataset])["labels"]) == 3
    assert told[-1][parts.fields["label"]].value == HOSTILE_COLUMN


def test_what_cannot_be_read_says_why_and_leaves_everything_as_it_was(studio: Studio) -> None:
    page, parts, _ = filled(studio, "reviews")
    before = studio.datasets()
    wanted = Change(options={"label": "nowhere"})
    told = list(data_sentence._read_again(page, parts, studio.dataset("reviews")["dataset"], wanted))
    assert "notice-error" in told[-1][parts.hint]
    assert set(told[-1]) == {parts.again, parts.hint}
    assert told[-1][parts.again].interactive is True
    assert studio.datasets() == before
