"""A run's settings as a line for a shell and as a wish lead to the same run again."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from studio import drafts, plan, rerun
from studio.cli import build_parser
from studio.contracts import Source, SourceKind
from studio.errors import UnknownName
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.plan import Wish
from studio.presets import PRESETS
from studio.settings import Settings
from studio.tasks import TASKS
from studio.terminal import training
from studio.terminal.desk import Desk
from studio.terminal.progress import Progress
from tests import tiny
from tests.trained import TinyRuns

CHANGES: dict[str, Any] = {
    "max_steps": 2,
    "epochs": None,
    "warm_head": False,
    "head_learning_rate": 1e-05,
    "class_weights": "balanced",
    "seed": 7,
}


def _settings(workspace: Path, device: str = "auto") -> Settings:
    return Settings(workspace=workspace, device=device)


def _asked_by(settings: Settings, line: str) -> tuple[Any, Wish]:
    """What the command line understands."""
    words = shlex.split(line)
    while "=" in words[0]:
        words.pop(0)
    assert tuple(words[:3]) == rerun.PROGRAM
    given = build_parser().parse_args(words[3:])
    return given, training.wish(Desk(settings, given, Progress(sys.stderr), True))


def _possible(methods: Sequence[str | None]) -> list[tuple[str, str | None]]:
    """Every task with each of these methods that has no obstacle there."""
    return [
        (task.name, method)
        for task in TASKS.values()
        for method in methods
        for family in (next(family for family in FAMILIES.values() if family.modality is task.modality),)
        if method is None or METHODS[method].obstacle(task, family) is None
    ]


def _changes(task: str, method: str | None, preset: str) -> dict[str, Any]:
    """Those of `CHANGES` that have an effect."""
    ignored = (*TASKS[task].ignores, *METHODS[method or PRESETS[preset].method or plan.DEFAULT_METHOD].ignores)
    return {name: value for name, value in CHANGES.items() if name not in ignored}


@pytest.mark.parametrize(("task", "method"), _possible([None, *METHODS]))
def test_the_line_asks_for_the_same_run(tmp_path: Path, task: str, method: str | None) -> None:
    workspace = tmp_path / "it's a $(folder)"
    settings, record = _settings(workspace), tiny.dataset(workspace, task)
    family = next(family for family in FAMILIES.values() if family.modality is TASKS[task].modality)
    for preset in PRESETS:
        taken = METHODS[method or PRESETS[preset].method or plan.DEFAULT_METHOD]
        if taken.obstacle(TASKS[task], family) is not None:
            continue
        wish = Wish(task, method, preset, _changes(task, method, preset))
        line = rerun.command(settings, record.name, None, wish, "-odd; name")
        given, understood = _asked_by(settings, line)
        assert (given.workspace, given.dataset, given.name) == (str(workspace), record.id, "-odd; name")
        wanted = drafts.draw_up(settings, record.id, None, wish).spec
        assert drafts.draw_up(settings, given.dataset, given.model, understood).spec == wanted


def test_the_usual_workspace_is_left_out_and_another_device_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    record = tiny.dataset(tmp_path / ".studio", "text_classification")
    line = rerun.command(_settings(tmp_path / ".studio"), record.id, "minilm-l6", Wish(), "")
    assert line == f"python -m studio train {record.id} --model minilm-l6 --method full --preset balanced"
    line = rerun.command(_settings(tmp_path / ".studio", "cpu"), record.id, None, Wish(preset="quick"), "")
    assert line.startswith("STUDIO_DEVICE=cpu python -m studio train ")
    assert line.endswith("--method head --preset quick")


@pytest.mark.thorough
def test_the_line_works_when_it_is_pasted(tmp_path: Path) -> None:
    network = tmp_path / "a network"
    tiny.tiny_bert(network)
    settings, record = _settings(tmp_path, "cpu"), tiny.dataset(tmp_path, "text_classification")
    wish = Wish(method="lora", changes={"max_steps": 2, "epochs": 1, "precision": "fp32", "rank": 2})
    line = rerun.command(settings, record.id, str(network), wish, "pasted 'line'")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    root = Path(__file__).parents[1]
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} --json"], cwd=root, env=os.environ | {"PATH": path}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    shown = json.loads(done.stdout)
    assert (shown["name"], shown["status"], shown["step"]) == ("pasted 'line'", "finished", 1)
    wanted = drafts.draw_up(settings, record.id, str(network), wish).spec
    assert shown["spec"] == wanted.model_dump(mode="json")


def test_names_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    settings, record = _settings(tmp_path), tiny.dataset(tmp_path, "text_classification")
    for dataset, wish in (("", Wish()), (record.id, Wish(method="lorra")), (record.id, Wish(preset="quik"))):
        with pytest.raises(UnknownName):
            rerun.command(settings, dataset, None, wish, "")


@pytest.mark.parametrize(("task", "method"), _possible([*METHODS]))
def test_a_spec_is_asked_for_again_by_what_was_changed_alone(tmp_path: Path, task: str, method: str) -> None:
    settings, record = _settings(tmp_path), tiny.dataset(tmp_path, task)
    few = {"early_stopping": 0, "evaluations": 10} if "evaluations" not in METHODS[method].ignores else {"seed": 3}
    for preset in PRESETS:
        many = {name: value for name, value in _changes(task, method, preset).items() if value is not None}
        for changes in ({}, many, few):
            spec = drafts.draw_up(settings, record.id, None, Wish(task, method, preset, changes)).spec
            found = rerun.wish_of(settings, spec)
            assert set(found["changes"]) <= set(changes)
            wish = Wish(found["task"], found["method"], found["preset"], found["changes"])
            assert drafts.draw_up(settings, found["dataset"], found["model"], wish).spec == spec
            json.dumps(found)


def test_a_finished_run_and_one_that_started_from_it_can_be_asked_for_again(tiny_runs: TinyRuns) -> None:
    from studio.runs import store

    settings = _settings(tiny_runs.workspace, "cpu")
    run = tiny_runs.of("text", "lora")
    spec = run.spec()
    found = rerun.wish_of(settings, spec)
    assert found["model"] == spec.source.location  # its own name, "tiny", stands for nothing here
    wish = Wish(found["task"], found["method"], found["preset"], found["changes"])
    again = drafts.draw_up(settings, found["dataset"], found["model"], wish).spec
    assert again.model_copy(update={"model": spec.model}) == spec
    name = run.meta().name
    heir = drafts.draw_up(settings, spec.dataset, name, Wish(method="full", changes={"epochs": 2})).spec
    assert rerun.wish_of(settings, heir) | {"model": name} == rerun.wish_of(settings, heir)
    store.change_meta(run, name="another name")
    try:
        assert rerun.wish_of(settings, heir)["model"] == run.id
    finally:
        store.change_meta(run, name=name)


def test_a_run_from_random_weights_is_asked_for_again_from_those_that_are_offered_now(tmp_path: Path) -> None:
    settings, record = _settings(tmp_path), tiny.dataset(tmp_path, "image_classification")
    spec = drafts.draw_up(settings, record.id, None, Wish(method="lora", changes={"epochs": 3})).spec
    before = {
        "model": "resnet-18-untrained",
        "source": Source(SourceKind.UNTRAINED, "resnet-18"),
        "training": spec.training.model_copy(update={"learning_rate": 0.02, "warm_head": False}),
        "terms": "",
    }
    found = rerun.wish_of(settings, spec.model_copy(update=before))
    assert (found["model"], found["changes"]) == ("starter-resnet", {"epochs": 3})


def test_values_are_those_of_all_three_declarations(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, "text_classification")
    spec = drafts.draw_up(_settings(tmp_path), record.id, None, Wish(method="lora", changes={"rank": 3})).spec
    values = rerun.values(spec)
    assert (values["rank"], values["learning_rate"], values["max_length"]) == (3, spec.training.learning_rate, None)
