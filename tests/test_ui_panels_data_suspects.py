"""Suspected labels on the page: cards with choices that are collected, taken back, and become corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import files, settings
from studio.api import ImportRequest, Studio
from studio.errors import RequestError
from studio.ui.panels import data_suspects
from studio.ui.panels.data_suspects import cards, choice_made, corrections, fill
from studio.ui.words import speaker
from tests.data_helpers import reviews, write
from tests.data_panel import HOSTILE, IMAGES, TEXTS, Elements, assert_harmless, on_page, record

SAY = speaker("en")


def _suspect(row: int = 7, **changes: Any) -> dict[str, Any]:
    one = {"row": row, "label": "bad", "suggested": "good", "own": 0.02, "other": 0.91, "suspected": True}
    return one | {"input": "what a film", "line": "a.csv:9", "split": "train"} | changes


def _found(*suspects: dict[str, Any]) -> dict[str, Any]:
    return {"rows": 6, "suspected": len(suspects), "suspects": list(suspects), "model": "x"}


def test_a_card_shows_the_row_the_two_classes_and_three_choices() -> None:
    shown = Elements(cards(record(), TEXTS, _found(_suspect()), {"7": "drop"}, SAY))
    assert shown.values("data-ask") == ["7:", "7:drop", "7:keep"]
    assert shown.values("aria-pressed") == ["false", "true", "false"]
    assert "what a film" in shown.words
    assert "1 of 6 rows probably have a wrong label" in shown.words
    assert "label 2%, suggestion 91%" in shown.words


def test_an_image_is_shown_as_a_thumbnail_of_the_dataset() -> None:
    shown = Elements(cards(record(), IMAGES, _found(_suspect(input=3)), {}, SAY))
    assert shown.values("src") == [f"image/{'0' * 26}/3.png?side=112"]


def test_nothing_suspected_is_said() -> None:
    assert "None of 6 rows looks wrong." in Elements(cards(record(), TEXTS, _found(), {}, SAY)).words


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_the_file_says_is_shown_harmlessly(hostile: str) -> None:
    assert_harmless(cards(record(), TEXTS, _found(_suspect(input=hostile, label=hostile, line=hostile)), {}, SAY))


def test_choices_are_collected_changed_and_taken_back() -> None:
    found = _found(_suspect(7), _suspect(9))
    chosen = choice_made(found, {}, "7:")
    chosen = choice_made(found, chosen, "9:drop")
    assert chosen == {"7": "", "9": "drop"}
    assert corrections(found, chosen) == {7: "good", 9: None}
    assert choice_made(found, chosen, "9:drop") == {"7": ""}
    assert corrections(found, choice_made(found, chosen, "7:keep")) == {9: None}


@pytest.mark.parametrize("wanted", ["8:", "7:burn", "", "x:drop"])
def test_a_choice_that_is_not_offered_is_refused(wanted: str) -> None:
    with pytest.raises(RequestError):
        choice_made(_found(_suspect()), {}, wanted)


def test_what_was_found_before_is_shown_when_a_dataset_is_selected(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    dataset = studio.import_dataset(ImportRequest(write(tmp_path, "a.csv", reviews(60))))
    page, parts = on_page(studio, data_suspects.build)
    assert fill(page, parts, dataset["dataset"])[2] == ""
    stored = {name: value for name, value in _suspect().items() if name not in ("input", "line", "split")}
    files.write_json(Path(dataset["folder"]) / "suspects.json", _found(stored))
    assert "data-suspect" in fill(page, parts, dataset["dataset"])[2]
    assert fill(page, parts, "")[2] == ""
