"""The light side of exports: refusals in sentences, names of zips, and the builder as a real process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio import files
from studio.errors import InvalidOption, MissingFile, RequestError, UnknownName, WrongState
from studio.export import exporter
from studio.runs.store import Run
from tests import tiny
from tests.trained import TinyRuns


def test_a_folder_as_target_gets_a_zip_named_after_the_run(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    found = exporter.export(tiny_runs.of("text", "lora"), "merged", tmp_path)
    path = tmp_path / "text_classification-lora-merged.zip"
    assert found["path"] == str(path)
    assert found["format"] == "merged"
    assert found["bytes"] == path.stat().st_size
    assert "model.safetensors" in found["files"]
    assert (found["license"], found["terms"]) == ("not stated", "")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert not [file for file in tiny_runs.workspace.iterdir() if file.name.startswith(files.STAGED)]


def test_a_run_that_is_not_finished_is_refused_with_a_sentence(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tiny_runs.workspace / "bert")
    with pytest.raises(WrongState, match=r"The run cannot be exported: it is interrupted\."):
        exporter.export(run, "model", tmp_path / "model.zip")


def test_a_run_that_was_stopped_without_a_model_is_refused(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    from studio.runs import events

    run = tiny.new_run(tmp_path, "text_classification", "full", tiny_runs.workspace / "bert")
    events.append(run.log, events.Stopped(0, kept=False))
    with pytest.raises(WrongState, match=r"it has no model"):
        exporter.export(run, "model", tmp_path / "model.zip")


@pytest.mark.parametrize("format", ["adapter", "merged"])
def test_a_method_without_adapter_offers_no_format_for_adapters(
    format: str, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    with pytest.raises(InvalidOption) as refused:
        exporter.export(tiny_runs.of("text", "full"), format, tmp_path)
    assert "there is no adapter" in refused.value.why
    assert refused.value.next == "These formats are possible: model."
    assert exporter.offered(tiny_runs.of("text", "lora")) == ["model", "adapter", "merged"]


def test_a_wrong_format_or_folder_is_named(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny_runs.of("text", "full")
    with pytest.raises(UnknownName, match=r"Did you mean 'model'"):
        exporter.export(run, "modle", tmp_path)
    with pytest.raises(MissingFile, match=r"There is no folder"):
        exporter.export(run, "model", tmp_path / "nowhere" / "model.zip")


def test_a_file_that_is_no_zip_is_not_replaced(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("dear diary", encoding="utf-8")
    with pytest.raises(RequestError, match=r"would replace .*diary\.txt, which is no zip"):
        exporter.export(tiny_runs.of("text", "full"), "model", diary)
    assert diary.read_text(encoding="utf-8") == "dear diary"


def test_damage_to_the_model_is_told_and_leaves_no_zip(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = Run(tmp_path / "runs" / tiny_runs.of("text", "full").id)
    (tmp_path / "runs").mkdir()
    files.copy(tiny_runs.of("text", "full").folder, run.folder)
    (run.model / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(Exception, match=r"Something went wrong on our side"):
        exporter.export(run, "model", tmp_path / "model.zip")
    assert not (tmp_path / "model.zip").exists()
    assert (tmp_path / "errors.log").is_file()


def test_the_light_side_loads_nothing_heavy() -> None:
    program = "import sys, studio.export.exporter, studio.inference.client; print({'torch', 'peft'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
