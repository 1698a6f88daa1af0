"""Where it runs: as a Space, and as the Dockerfile's steps say. Neither a Space nor an image is at hand: what can be
tried of them is their variables, their user, their port and their signals."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from studio import settings
from studio.settings import Mode
from tests.serving import ROOT, end, served

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of this name, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return [line.split(maxsplit=1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def variables() -> dict[str, str]:
    return dict(part.split("=", 1) for line in instructions("ENV") for part in shlex.split(line))


def test_the_variables_of_the_container_are_settings_that_exist() -> None:
    loaded = settings.load(variables())
    assert (loaded.host, loaded.port, loaded.workspace) == ("0.0.0.0", 7860, Path("/data/studio"))
    assert instructions("EXPOSE") == [str(loaded.port)]


def test_the_container_runs_as_an_ordinary_user_on_a_slim_base_with_its_data_in_a_volume() -> None:
    assert instructions("FROM") == ["python:3.11-slim"]
    assert instructions("USER")[-1] == "studio"
    assert "--uid 1000" in instructions("RUN")[0]
    assert all(
        Path(variables()[name]).is_relative_to(instructions("VOLUME")[0]) for name in ("STUDIO_WORKSPACE", "HF_HOME")
    )


def test_the_container_starts_the_page_as_process_one_and_asks_for_its_health() -> None:
    assert json.loads(instructions("CMD")[-1]) == ["python", "app.py"]
    assert f"http://127.0.0.1:{variables()['STUDIO_PORT']}/healthz" in instructions("HEALTHCHECK")[0]


def test_what_the_container_copies_exists_and_no_secret_of_the_tree_goes_along() -> None:
    copied = [line.split()[-2] for line in instructions("COPY")]
    assert all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv"} <= set(ignored)


@pytest.mark.timeout(120)
def test_it_runs_as_a_space_does(tmp_path: Path) -> None:
    """Server-side rendering asked for, a Space's id, an address beyond loopback, no home of its own."""
    space = {
        "SPACE_ID": "someone/studio",
        "SYSTEM": "spaces",
        "GRADIO_SSR_MODE": "True",
        "SPACE_HOST": "someone-studio.hf.space",
    }
    with served(tmp_path / "workspace", **space, HOME=str(tmp_path)) as studio:
        port = int(studio.url.rsplit(":", 1)[1].split("/")[0])
        request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": space["SPACE_HOST"]})
        with urllib.request.urlopen(request, timeout=30) as answer:
            page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
        assert "window.gradio_config" in page
        assert "https://huggingface.co" in policy
        assert "everyone" in page
    assert studio.process.returncode in (0, -signal.SIGTERM)


def test_a_space_is_open_to_strangers_and_says_so() -> None:
    loaded = settings.load({"SPACE_ID": "someone/studio"})
    assert (loaded.mode, loaded.host, loaded.port) == (Mode.PUBLIC, "0.0.0.0", 7860)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@pytest.mark.timeout(120)
def test_an_ordinary_user_with_only_a_data_folder_can_run_it(tmp_path: Path) -> None:
    """As in the container: user 1000, a tree that is not theirs, one folder that is."""
    python = Path(sys.executable)
    places = (*python.parents, *python.resolve().parents, *ROOT.parents, ROOT)
    if not all(place.stat().st_mode & 0o005 == 0o005 for place in places):
        pytest.skip("this copy, or its Python, lies in a folder that other users cannot enter")
    data = Path("/tmp") / f"studio-hosting-{os.getpid()}"
    data.mkdir(mode=0o700)
    os.chown(data, 1000, 1000)
    try:
        environment = {"PATH": os.environ["PATH"], "STUDIO_WORKSPACE": str(data / "studio"), "STUDIO_PORT": "0"}
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=environment,
            user=1000,
            group=1000,
            extra_groups=[],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "http://" in line, line
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            assert time.monotonic() - began < 8, "a container gets ten seconds to end"
        finally:
            end(process)
    finally:
        shutil.rmtree(data)
