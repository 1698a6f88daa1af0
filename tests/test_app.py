"""`app.py`: short, and its exit code says what was wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parent.parent


def test_it_is_short_enough_to_read_at_a_glance() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 40


def test_a_wrong_setting_ends_with_a_sentence_and_the_code_of_a_wrong_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_PORT", "many")
    assert app.main() == 2
    assert "STUDIO_PORT" in capsys.readouterr().err


def test_a_port_that_is_taken_ends_with_a_sentence_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("STUDIO_PORT", str(taken.getsockname()[1]))
        assert app.main() == 2
    assert "cannot be served" in capsys.readouterr().err
