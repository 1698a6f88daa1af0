"""What people get wrong, and what machines run out of: each ends in a clear sentence, with nothing lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import messages, run


def refused(*arguments: str, code: str, exit_code: int, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The error of a command that must fail, held against what every message owes its reader."""
    done = run(*arguments, "--json", timeout=120, **(environment or {}))
    return held_to_the_contract(done, code, exit_code)


def held_to_the_contract(done: subprocess.CompletedProcess[str], code: str, exit_code: int) -> dict[str, str]:
    """Says what failed and why or what next, in plain sentences: no traceback, no class name, no path of ours."""
    found: dict[str, Any] = json.loads(done.stdout)
    error: dict[str, str] = found["error"]
    assert error["code"] == code, error
    assert done.returncode == exit_code
    assert error["what"].endswith((".", "?"))
    assert error["why"] or error["next"] or error["where"]
    words = " ".join(error[part] for part in ("what", "where", "why", "next"))
    assert not re.search(r"Traceback|Errno|\b[A-Z][a-z]+Error\b|<class|site-packages|studio/", words), words
    assert "Traceback" not in done.stderr
    return error


def text_zip(folder: Path) -> Path:
    path = folder / "texts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(12):
            archive.writestr(f"{'ab'[i % 2]}/{i}.txt", "a text")
    return path


def table(content: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "table.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (table(""), "empty_file"),
        (table("\n\n \n"), "empty_file"),
        (table("text,label\n"), "empty_file"),
        (table("text,label\n" + "\n".join(f"a text {i},same" for i in range(40))), "too_few_classes"),
        (table("text,label\na,x\nb,y\n"), "too_few_rows"),
        (table("text,when\n" + "\n".join(f"a text {i},2024-01-{i}" for i in range(40))), "missing_column"),
        (text_zip, "unknown_format"),
    ],
    ids=["nothing", "blank lines", "header only", "one class", "two rows", "no labels", "zip of texts"],
)
def test_a_file_that_cannot_become_a_dataset_is_refused(
    make: Callable[[Path], Path], code: str, tmp_path: Path
) -> None:
    refused("train", str(make(tmp_path)), code=code, exit_code=1)
    datasets = Path(os.environ["STUDIO_WORKSPACE"]) / "datasets"
    assert not datasets.is_dir() or list(datasets.iterdir()) == []


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    error = refused("train", file, "--option", "text=revue", code="invalid_option", exit_code=2)
    assert "text, label" in error["why"]


def test_an_unknown_model_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    error = refused("train", file, "--model", "minilm-l7", code="unknown_name", exit_code=2)
    assert "minilm-l6" in error["next"] + error["why"]


def test_options_that_do_not_go_together_are_named_all_at_once(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    wishes = ("--set", "epochs=0", "--set", "optimiser=adam", "--model", "resnet-18")
    error = refused("train", file, *wishes, code="impossible_plan", exit_code=2)
    for part in ("epochs", "optimizer", "texts"):
        assert part in error["why"]


def test_without_a_network_a_hub_model_names_those_that_work(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    offline = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "empty")}
    error = refused(
        "train", file, "--model", "bert-base-uncased", code="model_offline", exit_code=1, environment=offline
    )
    assert "minilm-l6" in " ".join(error.values())


def in_small_world(mount: str, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command with a file system of its own at `$STUDIO_WORKSPACE`; skips where namespaces are not allowed."""
    workspace = Path(os.environ["STUDIO_WORKSPACE"])
    workspace.mkdir(parents=True)
    unshare = shutil.which("unshare")
    probe = [unshare or "", "-Urm", "mount", "-t", "tmpfs", "none", str(workspace)]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("no user namespaces here: full and read-only disks were not tried")
    shell = f'mount -t tmpfs -o {mount} none "$STUDIO_WORKSPACE" && {script} exec "$@"'
    command = [unshare, "-Urm", "sh", "-c", shell, "sh", sys.executable, "-m", "studio", *arguments, "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_read_only_workspace_is_named_before_anything_starts(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    done = in_small_world("size=9m", 'mount -o remount,ro "$STUDIO_WORKSPACE" &&', "train", file)
    held_to_the_contract(done, "storage", 1)


def test_a_run_that_does_not_fit_on_the_disk_is_refused_before_it_starts(tmp_path: Path) -> None:
    file = str(messages(tmp_path))
    done = in_small_world("size=20m", "", "train", file, "--method", "full")
    error = held_to_the_contract(done, "storage", 1)
    assert "MB" in error["why"]
