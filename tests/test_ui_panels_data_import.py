"""Bringing data: sample cards, files that wait for each other, and imports step by step."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import ImportRequest, Studio
from studio.ui.panels import data_import
from studio.ui.panels.data_import import Import, sample_cards, waiting_line
from studio.ui.shared import Page
from studio.ui.words import speaker
from tests import workbooks
from tests.data_helpers import reviews
from tests.data_panel import HOSTILE, Elements, assert_harmless, on_page

SAY = speaker("en")


@pytest.fixture
def made(tmp_path: Path) -> tuple[Page, Import]:
    """The parts on a page of their own."""
    return on_page(Studio(settings.load(workspace=tmp_path / "workspace")), data_import.build)


def imported(page: Page, parts: Import, file: Path, brought: dict[str, Any]) -> list[dict[Any, Any]]:
    return list(data_import._imported(page, parts, ImportRequest(file, test=brought.get("test")), brought))


def test_samples_are_buttons_with_task_rows_and_licence(made: tuple[Page, Import]) -> None:
    page, _ = made
    cards = Elements(sample_cards(page.studio, SAY))
    names = [sample["name"] for sample in page.studio.choices.samples()]
    assert cards.values("data-ask") == names
    assert cards.names.count("button") == len(names)
    assert "Text classification · 545 rows · CC0-1.0" in cards.words


def test_an_import_tells_its_steps_and_selects_what_came_of_it(made: tuple[Page, Import], tmp_path: Path) -> None:
    page, parts = made
    (tmp_path / "reviews.csv").write_text(reviews())
    told = imported(page, parts, tmp_path / "reviews.csv", {"train": tmp_path / "reviews.csv"})
    assert all("data-progress" in step[parts.progress] for step in told[:-1])
    assert told[-1][page.dataset] == page.studio.datasets()[0]["dataset"]
    assert told[-1][parts.progress] == ""
    assert told[-1][parts.brought]["dataset"] == told[-1][page.dataset]


def test_a_file_that_is_not_understood_can_be_tried_again_with_more_said(
    made: tuple[Page, Import], tmp_path: Path
) -> None:
    page, parts = made
    file = tmp_path / "numbers.csv"
    file.write_text("a,b\n" + "".join(f"{i}.25,{i}.75\n" for i in range(60)))
    told = imported(page, parts, file, {"train": file})
    assert "notice-error" in told[-1][parts.progress]
    assert "--option" not in told[-1][parts.progress]
    assert told[-1][parts.retry].visible is True
    assert page.dataset not in told[-1]


def test_a_file_that_no_words_can_help_is_not_to_be_tried_again(made: tuple[Page, Import], tmp_path: Path) -> None:
    page, parts = made
    (tmp_path / "odd.bin").write_bytes(bytes(range(256)) * 20)
    told = imported(page, parts, tmp_path / "odd.bin", {"train": tmp_path / "odd.bin"})
    assert "notice-error" in told[-1][parts.progress]
    whole = workbooks.xlsx(tmp_path / "whole.xlsx", {"S": [["text", "label"], ["some words", "a"]]}).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    told = imported(page, parts, tmp_path / "half.xlsx", {"train": tmp_path / "half.xlsx"})
    assert "cannot be read as a workbook" in told[-1][parts.progress]
    assert told[-1][parts.retry].visible is False


def test_an_import_ends_when_the_page_is_left(made: tuple[Page, Import], tmp_path: Path) -> None:
    page, parts = made
    (tmp_path / "reviews.csv").write_text(reviews(rows=2_000))
    with closing(data_import._imported(page, parts, ImportRequest(tmp_path / "reviews.csv"), {})) as running:
        next(running)
        assert "data-progress" in next(running)[parts.progress]
    deadline = time.monotonic() + 20
    while any(page.studio.settings.datasets.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert page.studio.datasets() == []


def test_files_for_one_split_wait_for_the_main_file() -> None:
    line = waiting_line({"test": Path("/uploads/x/held out.csv")}, SAY)
    assert "Test rows from held out.csv are at hand." in Elements(line).words
    assert "/uploads" not in line
    assert waiting_line({"train": Path("a.csv")}, SAY) == ""
    assert data_import._unused({"test": Path("a"), "train": Path("b")}) == {"test": Path("a")}
    assert data_import._unused({"test": Path("a"), "dataset": "x"}) == {}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_file_names_are_shown_as_text(text: str) -> None:
    assert_harmless(waiting_line({"valid": Path(text.replace("/", ""))}, SAY))
