"""Names and local copies of the hub's models; `test_training_sources.py` tests the downloads, where they are used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import hub


@pytest.mark.parametrize("text", ["bert-base-cased", "lab/tiny", "lab/Tiny_2.5-b", "a/b", "0/1"])
def test_the_name_of_a_repository_is_recognised(text: str) -> None:
    assert hub.is_id(text)


@given(text=st.text(alphabet=st.sampled_from("aZ0./-_@:~\\?#% \n\0"), max_size=12))
def test_a_name_is_one_or_two_plain_parts_and_never_a_path_or_an_address(text: str) -> None:
    if hub.is_id(text):
        parts = text.split("/")
        assert len(parts) in (1, 2)
        for part in parts:
            assert part.replace("-", "").replace("_", "").replace(".", "").isalnum()
            assert part[0].isalnum()
            assert ".." not in part


def test_a_copy_is_not_looked_for_outside_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "hub" / "models--a--b" / "snapshots").mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert hub.snapshot("a/b", "../../..") is None


def test_the_cache_lies_where_the_hub_library_puts_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = "import sys; from huggingface_hub import constants; sys.stdout.write(constants.HF_HUB_CACHE)"
    for given_variables in ({}, {"HF_HOME": str(tmp_path / "home")}, {"HF_HUB_CACHE": str(tmp_path / "cache")}):
        monkeypatch.delenv("HF_HUB_CACHE", raising=False)
        monkeypatch.delenv("HF_HOME", raising=False)
        for name, value in given_variables.items():
            monkeypatch.setenv(name, value)
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
        assert str(hub.cache()) == done.stdout
