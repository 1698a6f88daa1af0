"""GPUs counted without asking a driver, and the places that a run takes on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import gpus
from studio.gpus import Claim


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The device files of a machine with three GPUs."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("nvidia0", "nvidia1", "nvidia7", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        (None, ("0", "1", "2")),
        ("", ()),
        ("-1", ()),
        ("2,0", ("2", "0")),
        ("1,5,0", ("1",)),  # CUDA stops at the first wrong number
        ("GPU-8932f937, GPU-12", ("GPU-8932f937", "GPU-12")),
    ],
)
def test_what_is_visible_follows_the_variable_of_cuda(
    variable: str | None, found: tuple[str, ...], three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", variable)
    assert gpus.visible(three) == found


def test_a_run_takes_any_gpus_or_those_that_it_names_or_one_place_on_a_processor(three: Path, tmp_path: Path) -> None:
    every = ("cuda:0", "cuda:1", "cuda:2")
    assert gpus.claim("auto", 2, three) == Claim(every, 2)
    assert gpus.claim("cuda", 1, three) == Claim(every, 1)
    assert gpus.claim("cuda", 4, three) == Claim((*every, "cuda:3"), 4)  # never to be had, and refused in words
    assert gpus.claim("cuda:1", 2, three) == Claim(("cuda:1", "cuda:2"), 2)
    assert gpus.claim("cuda", 1, tmp_path / "none") == Claim(("cuda:0",))
    assert gpus.claim("cpu", 4, three) == Claim(("cpu",))
    assert gpus.claim("mps", 1, three) == Claim(("mps",))
    assert gpus.claim("auto", 2, tmp_path / "none") == Claim(("cpu",))
    assert [gpus.claim(device, 1, three).is_open for device in ("auto", "cuda", "cuda:0", "cpu")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_more_gpus_than_there_are_is_said_in_words(three: Path, tmp_path: Path) -> None:
    assert gpus.shareable("auto", three) == 3
    assert gpus.shareable("cuda:1", three) == 2
    assert gpus.shareable("cpu", three) == 0
    assert gpus.obstacle("auto", 3, three) == ""
    assert gpus.obstacle("cpu", 3, three) == ""
    assert "can have here: 2." in gpus.obstacle("cuda:1", 3, three)
    assert "can have here: 0." in gpus.obstacle("cuda", 2, tmp_path / "none")
    assert "mps" in gpus.obstacle("mps", 2, three)
