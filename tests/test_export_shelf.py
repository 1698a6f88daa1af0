"""Exports are made once, again when their run changed, and go with it."""

from __future__ import annotations

import hashlib
import threading
import time
import zipfile
from pathlib import Path

import pytest

from studio import files, sealed
from studio.errors import InvalidOption, UnknownName, WrongState
from studio.export import shelf
from studio.identifiers import new_id
from studio.locks import Lock
from studio.runs import events, store
from studio.runs.store import Run
from tests import tiny
from tests.trained import TinyRuns


@pytest.fixture
def run(tiny_runs: TinyRuns, tmp_path: Path) -> Run:
    """A finished run with an adapter, which a test may change."""
    source = tiny_runs.of("text", "lora")
    target = Run(files.make_folder(tmp_path / "runs") / new_id())
    files.copy(source.folder, target.folder)
    dataset = source.spec().dataset
    files.copy(tiny_runs.workspace / "datasets" / dataset, files.make_folder(tmp_path / "datasets") / dataset)
    return target


def test_an_export_is_made_once_and_again_when_the_run_changed(run: Run) -> None:
    first = shelf.exported(run, "model")
    path = Path(first["path"])
    made = path.stat()
    assert zipfile.is_zipfile(path)
    assert (first["bytes"], path.parent.name) == (made.st_size, "exports")
    assert "model.safetensors" in first["files"]
    assert first["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    began = time.monotonic()
    assert shelf.exported(run, "model") == first
    assert time.monotonic() - began < 0.2
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    sealed.write(run.metrics_file, run.metrics() | {"best_step": 1})
    shelf.exported(run, "model")
    assert path.stat().st_ino != made.st_ino or path.stat().st_mtime_ns != made.st_mtime_ns
    assert sorted(file.suffix for file in path.parent.iterdir()) == [".json", ".lock", ".zip"]


def test_two_who_ask_at_once_get_one_export(run: Run) -> None:
    found: list[float] = []

    def ask() -> None:
        found.append(Path(shelf.exported(run, "adapter")["path"]).stat().st_mtime_ns)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 3
    assert len(set(found)) == 1


@pytest.mark.thorough
def test_a_record_that_was_damaged_is_made_anew(run: Run) -> None:
    first = shelf.exported(run, "adapter")
    Path(first["path"]).with_suffix(".json").write_text("{")
    Path(first["path"]).write_text("no zip")
    assert shelf.exported(run, "adapter") == first
    assert zipfile.is_zipfile(first["path"])


def test_the_download_is_called_as_the_run(run: Run) -> None:
    for name, wanted in (("../好 run\n<b>", "好-run-b"), ("///", run.id), ("x" * 300, "x" * 80)):
        store.change_meta(run, name=name)
        assert shelf.file_name(run, "model.zip") == f"{wanted}-model.zip"


@pytest.mark.thorough
def test_exports_go_with_their_run(run: Run, tiny_runs: TinyRuns) -> None:
    path = Path(shelf.exported(run, "adapter")["path"])
    other = Run(run.folder.parent / new_id())
    files.copy(run.folder, other.folder)
    files.remove(run.folder)
    shelf.exported(other, "adapter")
    assert not path.exists()
    assert {file.name.partition("-")[0] for file in path.parent.iterdir()} == {other.id}


def test_formats_say_why_they_cannot_be_had(run: Run, tiny_runs: TinyRuns, tmp_path: Path) -> None:
    assert [(form["name"], form["obstacle"]) for form in shelf.formats(run)] == [
        ("model", ""),
        ("adapter", ""),
        ("merged", ""),
    ]
    whole = {form["name"]: form["obstacle"] for form in shelf.formats(tiny_runs.of("text", "full"))}
    assert whole["model"] == ""
    assert "no adapter" in whole["adapter"]
    young = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    assert "interrupted" in shelf.formats(young)[0]["obstacle"]
    lock = Lock.take(young.lock)
    assert lock is not None
    with lock:
        assert "still at work" in shelf.formats(young)[0]["obstacle"]
    events.append(young.log, events.Stopped(3, kept=False))
    assert "no model was kept" in shelf.formats(young)[0]["obstacle"]


def test_what_cannot_be_exported_is_refused_and_leaves_no_zip(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    young = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    with pytest.raises(UnknownName):
        shelf.exported(young, "../x")
    with pytest.raises(WrongState):
        shelf.exported(young, "model")
    with pytest.raises(InvalidOption):
        shelf.exported(tiny_runs.of("text", "full"), "adapter")
    assert not list((tmp_path / "exports").glob("*.zip"))
