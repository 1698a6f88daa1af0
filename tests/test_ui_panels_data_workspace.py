"""The datasets of the workspace in a list, newest first."""

from __future__ import annotations

from pathlib import Path

from studio import settings
from studio.api import ImportRequest, Studio
from studio.ui.panels import data_workspace
from tests.data_helpers import reviews
from tests.data_panel import on_page


def test_datasets_are_listed_newest_first_with_task_and_rows(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    made = []
    for name, rows in (("older", 40), ("<b>newer</b>", 60)):
        (tmp_path / "file.csv").write_text(reviews(rows))
        made.append(studio.import_dataset(ImportRequest(tmp_path / "file.csv", name=name))["dataset"])
    page, _ = on_page(studio, data_workspace.build)
    listed = data_workspace.choices(page, made[0])
    assert [value for _, value in listed.choices] == made[::-1]
    assert listed.choices[0][0] == "<b>newer</b> · Text classification · 60 rows"
    assert listed.value == made[0]


def test_an_empty_workspace_lists_nothing(tmp_path: Path) -> None:
    page, _ = on_page(Studio(settings.load(workspace=tmp_path / "workspace")), data_workspace.build)
    assert (data_workspace.choices(page, "").choices, data_workspace.choices(page, "").value) == ([], None)
