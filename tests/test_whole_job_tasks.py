"""The page shows each task: its rows, its form, its run and what its model says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.runs.store import Run
from studio.tasks import TASKS
from tests import tiny
from tests.browser import OpenPage, expect
from tests.serving import Served, built, served

SHOWN = {
    "data": "#data-rows tbody tr, #data-rows img, #panel-data img[src*='image/']",
    "train": "#train-start",
    "live": "#live-run",
    "result": "#result-answer, #result-score",
    "download": "#download-formats",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A finished run of each task, in one workspace."""
    from accelerate.state import AcceleratorState

    workspace = tmp_path_factory.mktemp("tasks")
    for family in tiny.NETWORKS:
        tiny.NETWORKS[family].make(workspace / family)
    runs = {}
    for task in TASKS:
        runs[task] = tiny.new_run(workspace, task, "full", workspace / tiny.family_of(task).name)
        tiny.run_in_process(runs[task])
        AcceleratorState._reset_state(reset_partial_state=True)
    return runs


@pytest.mark.parametrize("language", ["en", "zh"])
def test_choosing_a_dataset_or_a_run_works_for_each_task(done: dict[str, Run], language: str) -> None:
    studio = Studio(settings.load(workspace=next(iter(done.values())).folder.parent.parent))
    steps = built(studio, language).fns.values()

    def followed(chosen: str) -> list[Any]:
        """Every handler that follows a choice and needs to know nothing but what is chosen."""
        return [
            step.fn
            for step in steps
            if [part.elem_id for part in step.inputs] == [chosen]
            and step.fn is not None
            and not step.js
            and all(event in ("change", "select", "then", "success") for _, event in step.targets)
        ]

    assert len(followed("selected-dataset")) >= 4
    assert len(followed("selected-run")) >= 4
    for run in done.values():
        for handler in followed("selected-dataset"):
            handler(run.spec().dataset)
        for handler in followed("selected-run"):
            handler(run.id)


@pytest.fixture(scope="module")
def studio(done: dict[str, Run]) -> Iterator[Served]:
    with served(next(iter(done.values())).folder.parent.parent) as found:
        yield found


@pytest.mark.thorough
@pytest.mark.timeout(300)
@pytest.mark.parametrize("task", TASKS)
def test_each_panel_shows_each_task(open_page: OpenPage, studio: Served, done: dict[str, Run], task: str) -> None:
    run = done[task]
    page = open_page(f"{studio.url}/?panel=data&dataset={run.spec().dataset}&run={run.id}")
    for name, part in SHOWN.items():
        page.locator("#panels [role=tab]").nth(list(SHOWN).index(name)).click()
        expect(page.locator(part).locator("visible=true").first).to_be_visible()
        page.wait_for_timeout(1000)
        assert not page.locator(".toast-body.error").count()
    assert not (Path(studio.workspace) / "errors.log").exists()
