"""What counts as an upload: only what lies where uploads arrive, whatever a client says about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from studio import settings
from studio.api import Studio
from studio.errors import RequestError, UnknownName
from studio.ui import uploads


@pytest.fixture
def incoming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_a_file_that_arrived_is_one(incoming: Path) -> None:
    file = incoming / "data.csv"
    file.write_text("text,label\n")
    assert uploads.uploaded({"path": str(file)}) == file
    assert uploads.uploaded(str(file)) == file


def test_an_upload_is_kept_in_the_workspace_under_its_own_name(incoming: Path, tmp_path: Path) -> None:
    file = incoming / "0a1b" / "data.csv"
    file.parent.mkdir()
    file.write_text("text,label\n")
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    kept = uploads.kept(studio, {"path": str(file), "orig_name": "my data.csv"})
    assert kept.name == "my data.csv"
    assert kept.is_relative_to(tmp_path / "workspace" / "uploads")
    assert file.exists()  # for whoever has just brought the same


def test_several_uploads_at_once_become_one_folder(incoming: Path, tmp_path: Path) -> None:
    values = []
    for number in range(3):
        file = incoming / str(number) / "cat.png"
        file.parent.mkdir()
        file.write_bytes(b"x")
        values.append(str(file))
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    kept = uploads.kept(studio, values)
    assert kept.name == "cat and 2 more"
    assert {path.name for path in kept.iterdir()} == {"cat.png", "2 cat.png", "3 cat.png"}
    with pytest.raises(RequestError, match="There is no file"):
        uploads.kept(studio, [])


@pytest.mark.parametrize("make", ["outside", "parent", "link", "folder", "none", "missing"])
def test_anything_else_is_refused(make: str, incoming: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    (incoming / "link.csv").symlink_to(secret)
    named = {
        "outside": str(secret),
        "parent": str(incoming / ".." / "secret.csv"),
        "link": str(incoming / "link.csv"),
        "folder": str(incoming),
        "none": None,
        "missing": str(incoming / "missing.csv"),
    }[make]
    with pytest.raises(RequestError, match="has not arrived"):
        uploads.uploaded({"path": named})


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.text()
    | st.sampled_from(["/proc/self/environ", "..", "%2e%2e/secret.csv", "..\\secret.csv", "file:///etc/passwd"])
)
def test_no_spelling_leads_out(incoming: Path, value: str) -> None:
    with pytest.raises(RequestError):
        uploads.uploaded({"path": f"{incoming}/{value}" if value.startswith("..") else value})


def test_no_file_and_unknown_samples_are_refused_in_words(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    with pytest.raises(RequestError, match="no file"):
        uploads.kept(studio, None)
    with pytest.raises(UnknownName, match="nobody"):
        uploads.known_sample(studio, "nobody")
    assert uploads.known_sample(studio, "digits") == Path("digits")
