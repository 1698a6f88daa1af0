"""The tables of what takes room, and of what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import settings
from studio.api import Studio
from studio.settings import Limits, Mode
from studio.ui.panels.runs_room import limits, parts, shown
from studio.ui.words import LANGUAGES, speaker

EN = speaker("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_limit_is_shown_lower_for_strangers(language: str, tmp_path: Path) -> None:
    say = speaker(language)
    local, public = (Studio(settings.load({}, workspace=tmp_path, mode=mode)) for mode in (Mode.LOCAL, Mode.PUBLIC))
    for studio in (local, public):
        table = str(limits(studio.limits(), studio.settings.mode, say))
        assert table.count("<tr") == 1 + len(Limits.model_fields)
        assert (say("limits.public") in table) is (studio is public)
    lower = [(mine["value"] or 10**18, theirs["value"]) for mine, theirs in zip(local.limits(), public.limits())]  # noqa: B905
    assert all(0 < theirs < mine for mine, theirs in lower)


def test_values_are_in_their_units() -> None:
    assert shown("upload_bytes", 2 * 10**9, EN) == "2.0 GB"
    assert shown("rows", 200_000, EN) == "200,000"
    assert shown("run_minutes", 0, EN) == "no limit"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_a_workspace_has_words(language: str, tmp_path: Path) -> None:
    found = Studio(settings.load({}, workspace=tmp_path)).room()
    shown = str(parts(found | {"quota": 10**9}, speaker(language)))
    assert shown.count("<tr") == 2 + len(found["parts"])
    assert "1.0 GB" in shown
