"""Texts are cut into the words that a model has learned from: at blanks, or between characters as well."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio import cutting
from studio.export import builder
from studio.export.formats import FORMATS
from studio.inference import answers, layout
from studio.inference import trained as loading
from studio.runs import events
from studio.runs.store import Run
from studio.settings import Limits
from studio.tasks import TASKS
from studio.training import reading
from tests.test_export_builder import plainly, unpacked
from tests.trained import TinyRuns

SENTENCE = "李明，35岁，住在 New York（美国）。"
PIECES = ["李", "明", "，", "35", "岁", "，", "住", "在", "New", "York", "（", "美", "国", "）", "。"]


@pytest.fixture
def run(tiny_runs: TinyRuns, tmp_path: Path) -> Run:
    """A run that has found out that its words are single characters."""
    run = tiny_runs.of("token", "full")
    shutil.copytree(run.folder.parent.parent / "datasets", tmp_path / "datasets")
    copied = Run(tmp_path / "runs" / run.id)
    shutil.copytree(run.folder, copied.folder)
    events.append(copied.log, events.Prepared({"characters": True}))
    return copied


def test_characters_of_scripts_without_blanks_are_words_of_their_own_and_others_stay_whole() -> None:
    assert cutting.words(SENTENCE, True) == PIECES
    assert cutting.words(SENTENCE, False) == SENTENCE.split()
    assert cutting.words(" ".join(PIECES), True) == PIECES
    assert cutting.words("isn\u2019t in Bonn, it\u3000seems", True) == ["isn\u2019t", "in", "Bonn,", "it", "seems"]


def test_what_the_training_words_are_is_seen_in_them() -> None:
    task = TASKS["token_classification"]
    assert reading.characters(task, {"tokens": [list("李明住在北京。"), ["New", "York"], PIECES]})
    assert not reading.characters(task, {"tokens": [["李明", "住", "在", "北京", "。"]]})
    assert not reading.characters(task, {"tokens": [["Anna", "a", "I"]]})
    assert not reading.characters(TASKS["text_classification"], {"text": ["李"]})


def test_a_sentence_without_blanks_is_asked_about_character_by_character(run: Run, tiny_runs: TinyRuns) -> None:
    (found,) = answers.of_rows(loading.of_run(run), [{"text": SENTENCE}], Limits())
    assert found["tokens"] == PIECES
    (found,) = answers.of_rows(loading.of_run(tiny_runs.of("token", "full")), [{"text": SENTENCE}], Limits())
    assert found["tokens"] == SENTENCE.split()


def test_an_export_cuts_in_the_same_way(run: Run, tmp_path: Path) -> None:
    builder.build(run, FORMATS["model"], tmp_path / "export.zip")
    folder = unpacked(tmp_path / "export.zip", tmp_path / "export")
    assert layout.characters_of(folder)
    assert loading.of_export(folder).characters
    done = plainly([str(folder / "predict.py"), SENTENCE], tmp_path)
    assert json.loads(done.stdout)["words"] == PIECES, done.stderr
    assert plainly([str(folder / "predict.py"), "--selftest"], tmp_path).returncode == 0
    assert "一个句子" in (folder / "README.md").read_text(encoding="utf-8")
