"""The page as a whole: it can be built in each language, and what is selected is looked up afresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import settings
from studio.api import Studio
from studio.settings import Mode
from studio.ui import LANGUAGES
from studio.ui.layout import known_dataset, known_run
from studio.ui.shared import PANELS
from studio.ui.words import speaker
from tests.serving import built
from tests.trained import TinyRuns


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_all_panels_in_each_language(language: str, tmp_path: Path) -> None:
    blocks = built(Studio(settings.load(workspace=tmp_path)), language)
    tabs = [str(getattr(block, "label", "")) for block in blocks.blocks.values() if block.get_block_name() == "tabitem"]
    assert {speaker(language)(f"tab.{name}") for name in PANELS} <= set(tabs)
    assert blocks.title == speaker(language)("title")


def test_no_handler_of_a_panel_is_offered_to_clients(tmp_path: Path) -> None:
    blocks = built(Studio(settings.load(workspace=tmp_path)), "en")
    shown = {str(handler.api_name) for handler in blocks.fns.values() if handler.api_visibility != "private"}
    assert {"import_dataset", "train", "show"} <= shown
    assert all(handler.api_visibility != "undocumented" for handler in blocks.fns.values())
    assert len(shown) == 17


def test_strangers_are_told_who_can_see_what(tmp_path: Path) -> None:
    private, public = (
        built(Studio(settings.load(workspace=tmp_path, mode=mode)), "en") for mode in (Mode.LOCAL, Mode.PUBLIC)
    )
    said = speaker("en")("public.banner")[:40]
    assert said in str(public.get_config_file())
    assert said not in str(private.get_config_file())


def test_what_is_selected_is_what_was_asked_for_else_the_newest(tiny_runs: TinyRuns) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    newest = studio.runs()[0]["run"]
    other = studio.runs()[-1]["run"]
    assert known_run(studio, "") == newest
    assert known_run(studio, other) == other
    assert known_run(studio, "../../etc") == newest
    assert known_dataset(studio, "nobody") == studio.datasets()[0]["dataset"]


def test_an_empty_workspace_selects_nothing(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path))
    assert known_dataset(studio, "") == ""
    assert known_run(studio, "x") == ""
