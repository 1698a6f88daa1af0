"""How much of a text is read: in training what its texts ask for, of those that are asked about all that can be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from studio.contracts import SourceKind
from studio.data import store
from studio.inference import answers
from studio.inference import trained as loading
from studio.lengths import usable_tokens
from studio.plan import unfold
from studio.runs.store import Run
from studio.settings import Limits
from studio.training import build, reading
from tests import tiny
from tests.trained import TinyRuns

MOST = usable_tokens(64, 80, SourceKind.FOLDER)  # of a tiny network


def asked(run: Run, texts: list[str]) -> list[dict[str, Any]]:
    return answers.of_rows(loading.of_run(run), [{"text": text} for text in texts], Limits())


def test_texts_that_are_asked_about_are_read_beyond_the_training_texts(tiny_runs: TinyRuns) -> None:
    """Only the last words of a text that is longer than any training text differ, and so does the answer."""
    run = tiny_runs.of("text", "full")
    found = asked(run, ["the " * 25 + "good fine " * 6, "the " * 25 + "bad poor " * 6])
    assert loading.of_run(run).limits.max_length == MOST
    assert found[0]["top"] != found[1]["top"]
    assert not any("read_share" in answer for answer in found)


def test_a_text_that_is_longer_than_what_is_read_says_how_much_was(tiny_runs: TinyRuns) -> None:
    found = asked(tiny_runs.of("text", "full"), ["the " * (MOST - 2), "the " * (MOST - 1), "the " * 2 * (MOST - 2)])
    assert [answer.get("read_share") for answer in found] == [None, 0.98, 0.5]


def test_a_length_that_was_asked_for_is_kept_to(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network", max_length=8, max_steps=1)
    limits, further = reading.limits(*_loaded(run))
    assert limits == further
    assert limits.max_length == 8


def test_held_out_rows_are_measured_as_they_are_asked(tiny_runs: TinyRuns) -> None:
    """What the run kept of its test rows is what it says of them; shorter limits leave short texts as they are."""
    run = tiny_runs.of("text_pair", "full")
    trained = loading.of_run(run)
    rows = store.columns(run.folder.parent.parent / "datasets" / run.spec().dataset, "test")
    found, _ = trained.outputs(trained.encode(rows))
    kept = load_file(run.predictions / "test.safetensors")["logits"]
    assert kept == pytest.approx(_stacked(found), abs=1e-5)
    longest = int(trained.encode(rows).lengths.max())
    shorter = replace(trained, limits=replace(trained.limits, max_length=longest))
    assert _stacked(shorter.outputs(shorter.encode(rows))[0]) == pytest.approx(kept, abs=1e-5)


def test_windows_leave_no_part_of_a_text_out(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "question_answering", "full", tmp_path / "network")
    plan, loaded, rows = _loaded(run)
    limits, further = reading.limits(plan, loaded, rows)
    read = plan.task.encode(rows, loaded.processor, limits)
    assert limits == further
    assert not reading.unread(plan.task, rows, read, loaded.processor, replace(limits, max_length=4)).any()


def test_a_run_of_an_earlier_version_reads_as_it_was_measured(tiny_runs: TinyRuns, monkeypatch: Any) -> None:
    monkeypatch.setattr("studio.inference.trained.store.record", lambda run: {"facts": {"max_length": 9}})
    assert loading.max_length_of(tiny_runs.of("text", "full")) == 9


def test_an_export_reads_as_far(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    from studio.export import builder
    from studio.export.formats import FORMATS

    out = tmp_path / "export.zip"
    builder.build(tiny_runs.of("text", "full"), FORMATS["merged"], out)
    import zipfile

    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("tokenizer_config.json"))["model_max_length"] == MOST


def _loaded(run: Run) -> tuple[Any, Any, Any]:
    plan = unfold(run.spec())
    return plan, build.load_start(run, plan), store.columns(build.dataset_folder(run, plan), "train")


def _stacked(found: Any) -> Any:
    import numpy as np

    return np.stack(found)
