"""The doctor's checks on this machine, and on machines that lack something."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from studio import installation, settings

MODELS = [{"name": "small", "offline": True}, {"name": "large", "offline": False}]


def checks(workspace: Path, models: list[dict[str, Any]] = MODELS) -> dict[str, dict[str, Any]]:
    found = installation.installation(settings.load({}, workspace=workspace), models)
    return {check["name"]: check for check in found}


def test_every_check_says_what_was_found_and_what_to_do_only_where_something_is_to_be_done(tmp_path: Path) -> None:
    for check in checks(tmp_path).values():
        assert set(check) == {"name", "ok", "found", "advice"}
        assert check["found"]
        assert bool(check["advice"]) != check["ok"]


def test_the_libraries_of_this_installation_are_found_with_their_versions(tmp_path: Path) -> None:
    found = checks(tmp_path)
    assert found["Python"]["found"].startswith("3.")
    assert all(found[name]["ok"] for name in installation.LIBRARIES)


def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it() -> None:
    check = installation._library("no-such-library")
    assert check["found"] == "not installed"
    assert "pip install" in check["advice"]


@pytest.mark.parametrize("place", ["/proc/studio", "/dev/null", "/dev/null/below"])
def test_a_workspace_that_cannot_be_made_is_a_finding_with_advice(place: str) -> None:
    check = checks(Path(place))["workspace"]
    assert not check["ok"]
    assert check["advice"]


def test_models_that_work_offline_are_listed(tmp_path: Path) -> None:
    assert checks(tmp_path)["models without a network"]["found"] == "small"
    assert not checks(tmp_path, MODELS[1:])["models without a network"]["ok"]


def test_a_hub_that_was_switched_off_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert checks(tmp_path)["model hub"]["ok"]


def test_a_hub_is_reachable_when_its_port_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_OFFLINE", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        assert installation._hub()["ok"]
    check = installation._hub()
    assert not check["ok"]
    assert "127.0.0.1" in check["advice"]


def test_a_hub_that_never_answers_costs_two_seconds_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert not installation._answers("192.0.2.1", 443)  # an address for documentation, RFC 5737: nobody lives there
    assert time.monotonic() - began < 5


def test_the_checks_import_no_heavy_library(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom studio import installation, settings\n"
        "installation.installation(settings.load(workspace=sys.argv[1]), [])\n"
        "print([m for m in ('torch', 'transformers', 'gradio', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
