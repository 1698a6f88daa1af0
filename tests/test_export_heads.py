"""What the program of an export says to arguments that it cannot use, and of texts that it cannot read whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.contracts import Answer
from studio.export import builder, limits, program
from studio.export.formats import FORMATS
from studio.tasks import TASKS
from tests.test_export_builder import plainly, unpacked
from tests.trained import TinyRuns


@pytest.fixture(scope="module")
def folders(tiny_runs: TinyRuns, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpacked exports by their kind."""
    found = {}
    for kind in ("text", "text_pair", "token"):
        folder = tmp_path_factory.mktemp(kind)
        builder.build(tiny_runs.of(kind, "full"), FORMATS["model"], folder / "export.zip")
        found[kind] = unpacked(folder / "export.zip", folder / "export")
    return found


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [("text", []), ("token", []), ("text_pair", []), ("text_pair", ["a"]), ("text_pair", ["a"] * 3)],
)
def test_arguments_that_lack_something_get_a_line_on_usage(
    folders: dict[str, Path], kind: str, arguments: list[str]
) -> None:
    done = plainly([str(folders[kind] / "predict.py"), *arguments], folders[kind])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("Usage: python predict.py ")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_program_of_every_task_is_python_and_asks_for_as_much_as_it_takes(task: str) -> None:
    source = program.source(TASKS[task], None, None)
    compile(source, task, "exec")
    assert ("% 2 == 0" in source) == (len(TASKS[task].inputs) == 2)


@pytest.mark.parametrize("kind", ["text", "token", "text_pair"])
def test_a_text_that_is_not_read_whole_gets_a_note(folders: dict[str, Path], kind: str) -> None:
    for text, notes in (("the film", 0), ("the film " * 50, 1)):
        arguments = [text, "good"] if kind == "text_pair" else [text]
        done = plainly([str(folders[kind] / "predict.py"), *arguments], folders[kind])
        assert json.loads(done.stdout)
        assert done.stderr.count("Only 64 tokens can be read") == notes


def test_the_card_says_what_becomes_of_any_input_in_the_words_of_its_answers(folders: dict[str, Path]) -> None:
    cards = {kind: (folder / "README.md").read_text(encoding="utf-8") for kind, folder in folders.items()}
    assert "one of its classes" in cards["text"]
    assert "The order of the classes is in `labels.json`" in cards["text"]
    assert "It knows 3 tags: " in cards["token"]
    assert "It gives every word one of its tags" in cards["token"]
    assert "one of its classes" not in cards["token"]
    assert "Texts are cut after 64 tokens. Those it was trained on were cut after" in cards["text"]
    assert set(limits._ANSWERS) == set(Answer)
