"""Checkpoints come back as they were, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from studio.errors import ChangedSince
from studio.training import checkpoint
from studio.training.checkpoint import Progress

ORIGIN = {"fingerprint": "a", "source": ["folder", "x", None], "labels": ["a", "b"]}


def convolution() -> Any:
    torch.manual_seed(0)
    model: Any = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    return model.to(memory_format=torch.channels_last)


def steps(model: Any, optimizer: torch.optim.Optimizer, numbers: range) -> None:
    for number in numbers:
        torch.manual_seed(number)
        model(torch.randn(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop])
def test_training_goes_on_to_the_same_bits_also_in_another_memory_format(kind: Any, tmp_path: Path) -> None:
    extra = {"fused": True} if kind is torch.optim.AdamW else {"momentum": 0.9}
    golden = convolution()
    steps(golden, kind(golden.parameters(), lr=1e-2, **extra), range(6))
    model = convolution()
    optimizer = kind(model.parameters(), lr=1e-2, **extra)
    steps(model, optimizer, range(3))
    saved = checkpoint.save(tmp_path, model, optimizer, Progress(step=3), ORIGIN)
    resumed = convolution()
    optimizer = kind(resumed.parameters(), lr=1e-2, **extra)
    checkpoint.restore(resumed, optimizer, saved)
    steps(resumed, optimizer, range(3, 6))
    for name, tensor in golden.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def save(folder: Path, step: int, best: int | None = None) -> None:
    model = nn.Linear(2, 2)
    progress = Progress(step=step, best_step=step if best is None else best)
    checkpoint.save(folder, model, torch.optim.AdamW(model.parameters()), progress, ORIGIN)


def test_the_last_two_and_the_best_are_kept(tmp_path: Path) -> None:
    for step in range(6):
        save(tmp_path, step, best=1 if step else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000001", "step-00000004", "step-00000005"]


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "manifest.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_checkpoint_is_never_used(name: str, harm: str, tmp_path: Path) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / "step-00000002" / name
    content = bytearray(path.read_bytes())
    if harm == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 4
        path.write_bytes(bytes(content[: len(content) // 2] if harm == "cut" else content))
    found, damaged = checkpoint.latest(tmp_path, ORIGIN)
    assert damaged == ["step-00000002"]
    assert found is not None
    assert found.progress.step == 1


def test_the_best_of_an_older_checkpoint_is_kept_as_long_as_that_one(tmp_path: Path) -> None:
    for step in range(1, 5):
        save(tmp_path, step, best=1)
    save(tmp_path, 5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000001", "step-00000004", "step-00000005"]
    (tmp_path / "step-00000005" / "weights.safetensors").unlink()
    found, damaged = checkpoint.latest(tmp_path, ORIGIN)
    assert damaged == ["step-00000005"]
    assert found is not None
    assert found.progress.best_step == 1


def test_a_checkpoint_whose_best_is_damaged_knows_of_no_best(tmp_path: Path) -> None:
    for step in range(1, 4):
        save(tmp_path, step, best=1)
    (tmp_path / "step-00000001" / "manifest.json").write_bytes(b"{}")
    found, damaged = checkpoint.latest(tmp_path, ORIGIN)
    assert damaged == ["step-00000001"]
    assert found is not None
    assert found.progress.step == found.progress.best_step == 3
    assert found.progress.best_value == float("-inf")


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 1)
    with pytest.raises(ChangedSince, match="labels"):
        checkpoint.latest(tmp_path, ORIGIN | {"labels": ["b", "a"]})
    assert checkpoint.latest(tmp_path / "none", ORIGIN) == (None, [])
