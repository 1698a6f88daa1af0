"""The whole job from the real command line: import, train, interrupt, detach."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests import canary
from tests.command_line import data, messages, one_object, run
from tests.data_helpers import archive, png


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return messages(tmp_path)


@pytest.fixture
def workspace() -> Path:
    return Path(os.environ["STUDIO_WORKSPACE"])


# Data ----------------------------------------------------------------------------------------------------------------


def test_an_imported_file_is_described_listed_and_checked(file: Path) -> None:
    page = run("import", str(file), "--name", "mail")
    assert page.returncode == 0, page.stderr
    assert re.search(r"^praise +40$", page.stdout, flags=re.MULTILINE)
    dataset = data("import", str(file), "--name", "mail")
    assert {"dataset", "task", "columns", "rows", "labels", "splits", "findings", "skipped", "folder"} <= set(dataset)
    assert dataset["rows"] == 80
    assert [item["dataset"] for item in data("datasets")["items"]] == [dataset["dataset"]]
    assert data("checkup", "mail")["dataset"] == dataset["dataset"]


def test_several_archives_are_one_dataset(tmp_path: Path) -> None:
    kinds = {"cat": 0, "dog": 100}
    files = [
        archive(tmp_path / f"{kind}.zip", {f"{i}.png": png(first + i) for i in range(12)})
        for kind, first in kinds.items()
    ]
    dataset = data("import", *map(str, files))
    assert [(label["name"], label["count"]) for label in dataset["labels"]] == [("cat", 12), ("dog", 12)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("import", "missing.csv"), "missing.csv"),
        (("import", "x" * 5000), "cannot be a path"),
        (("import", "missing.zip", "gone.zip"), "no file or folder 'missing.zip'"),
        (("train", "missing.csv"), "no dataset and no file 'missing.csv'"),
        (("predict", "missing", "--text", "x"), "missing"),
        (("predict", "missing"), "either --text"),
        (("train", "messages.csv", "--set", "epochs"), "KEY=VALUE"),
        (("options", "nothing", "lora"), "no task named 'nothing'"),
    ],
)
def test_a_request_that_names_what_is_not_there_is_answered_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


# Training ------------------------------------------------------------------------------------------------------------


def test_a_file_becomes_a_trained_run_and_its_record(file: Path, workspace: Path) -> None:
    words = ("train", str(file), "--method", "head", "--set", "max_steps=2", "--seed", "7", "--name", "first")
    done = run(*words, "--json", timeout=240)
    assert done.returncode == 0, done.stderr
    record = one_object(done.stdout)
    assert (record["status"], record["name"], record["step"]) == ("finished", "first", 2)
    assert record["spec"]["training"]["seed"] == 7
    assert record["metrics"]["test"]["n"] == record["rows"]["test"]
    assert "warning: There are only" in done.stderr
    assert data("show", "first") == record
    tags = data("curves", "first")["tags"]
    assert [step for step, _ in tags["Loss/train"]][-1] == 2
    page = run("show", "first").stdout
    assert "Loss/valid" in page
    assert max(map(len, page.splitlines()[-15:])) <= 80
    assert run("show", "first", PYTHONIOENCODING="ascii").stdout.splitlines()[-1].isascii()
    assert run("export", "first", "--out", str(workspace / "first.zip")).returncode == 0
    assert run("predict", "first", "--text", "give it back", "--out", str(workspace / "said.csv")).returncode == 0
    assert canary.found(workspace) == []
    assert canary.WORD not in done.stdout + done.stderr + page


def test_a_secret_that_is_left_somewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "log").write_bytes(b"x" + canary.WORD.encode())
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m.json", canary.WORD * 3)
    assert canary.found(tmp_path) == ["a/log", "b.zip:m.json"]


def listen() -> None:
    """A shell's background job, such as these tests may be, begins with Ctrl-C switched off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_interrupt_stops_the_run_and_keeps_its_model(file: Path) -> None:
    command = [sys.executable, "-m", "studio", "train", str(file), "--set", "epochs=1000", "--set", "warm_head=false"]
    with subprocess.Popen(
        [*command, "--json", "--name", "long"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("training"):
                break
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "keeping the model" in said
    record = one_object(output)
    assert record["status"] == "stopped"
    assert 0 < record["step"] < record["total_steps"]
    assert (Path(record["folder"]) / "model").is_dir()


def test_a_detached_run_returns_at_once_and_can_be_stopped_without_a_model(file: Path) -> None:
    record = data("train", str(file), "--set", "epochs=1000", "--detach")
    assert record["status"] in ("queued", "preparing")
    assert data("stop", record["run"], "--discard")["status"] == "stopping"
    deadline = time.monotonic() + 60
    while (status := data("show", record["run"])["status"]) == "stopping":
        assert time.monotonic() < deadline
    assert status == "stopped"
    assert not (Path(record["folder"]) / "model").exists()


def test_a_worker_that_is_lost_is_a_failure_that_names_resume(file: Path, workspace: Path) -> None:
    command = [sys.executable, "-m", "studio", "train", str(file), "--set", "epochs=1000", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.kill(worker_of(workspace / "runs"), signal.SIGKILL)
        output, said = process.communicate(timeout=60)
    assert process.returncode == 1
    record = one_object(output)
    assert record["status"] == "interrupted"
    assert f"'resume {record['run']}'" in record["error"]["next"]
    assert "without a last word" in said


def worker_of(runs: Path) -> int:
    """The process that works on a run in this folder."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = line.read_bytes().decode().split("\0")
            except OSError:
                continue
            if "studio.training.worker" in words and any(word.startswith(str(runs)) for word in words):
                return int(line.parent.name)
    raise AssertionError("no worker")
