"""Which run a name means where several have it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio import files, settings
from studio.api import Studio
from studio.errors import RequestError, UnknownName
from studio.runs import events, meant, store
from studio.runs.store import Run
from tests.cases import SPEC


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return settings.load(workspace=tmp_path).runs


def made(runs: Path, name: str, model: bool = False) -> Run:
    run = store.create(runs, SPEC, name, "local")
    events.append(run.log, events.Finished(1))
    if model:
        files.make_folder(run.model)
        files.write_json(run.model / "adapter_config.json", {})
        (run.model / "adapter_model.safetensors").write_bytes(b"x")
    return run


def test_a_name_of_several_is_refused_with_the_ids_status_and_time_of_all(runs: Path) -> None:
    first, second = made(runs, "reviews lora"), made(runs, "reviews lora")
    with pytest.raises(RequestError, match="2 runs are called 'reviews lora'") as refused:
        meant.only(runs, "reviews lora")
    for run in (first, second):
        assert f"{run.id} (finished, 20" in refused.value.why
    assert "id" in refused.value.next
    assert [meant.only(runs, run.id) for run in (first, second)] == [first, second]


def test_one_run_of_a_name_is_meant_by_it(runs: Path) -> None:
    run, _ = made(runs, "mine"), made(runs, "another")
    assert meant.only(runs, "mine") == meant.with_model(runs, "mine") == run
    for find in (meant.only, meant.with_model):
        with pytest.raises(UnknownName):
            find(runs, "nobody's")


def test_of_many_runs_the_newest_are_listed(runs: Path) -> None:
    for _ in range(12):
        made(runs, "again")
    with pytest.raises(RequestError) as refused:
        meant.only(runs, "again")
    assert refused.value.why.count("finished") == 10
    assert refused.value.why.endswith("and 2 older ones.")


def test_who_asks_a_model_gets_the_newest_that_has_one(runs: Path) -> None:
    older = made(runs, "twice", model=True)
    time.sleep(0.002)  # an id sorts by the millisecond of its creation
    able = made(runs, "twice", model=True)
    time.sleep(0.002)
    without = made(runs, "twice")
    assert store.find(runs, "twice") == without
    assert meant.with_model(runs, "twice") == able
    assert [meant.with_model(runs, run.id) for run in (older, without)] == [older, without]


def test_where_none_has_a_model_the_newest_is_asked(runs: Path) -> None:
    for _ in range(2):
        made(runs, "bare")
    assert meant.with_model(runs, "bare") == store.find(runs, "bare")


@pytest.mark.parametrize("verb", ["stop", "resume", "move", "rename", "delete"])
def test_what_changes_a_run_refuses_a_name_of_several(tmp_path: Path, verb: str) -> None:
    studio = Studio(settings.load(workspace=tmp_path))
    kept = [made(studio.settings.runs, "twice") for _ in range(2)]
    more = {"move": ("up",), "rename": ("once",)}.get(verb, ())
    with pytest.raises(RequestError, match="2 runs are called 'twice'"):
        getattr(studio, verb)("twice", *more)
    assert all(run.folder.is_dir() and run.meta().name == "twice" for run in kept)
    assert studio.show("twice")["run"] in {run.id for run in kept}
