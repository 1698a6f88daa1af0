"""AdaLoRA deals out widths until the budget is met, and does so again after a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.contracts import LoadRequest
from studio.families import FAMILIES
from studio.methods import adalora
from studio.training import checkpoint
from studio.tuning import Parts
from tests import tiny

STEPS = 20
INPUTS = {
    "bert": {"input_ids": torch.arange(5, 17).view(3, 4)},
    "resnet": {"pixel_values": torch.linspace(0, 1, 3 * 3 * tiny.SIZE**2).view(3, 3, tiny.SIZE, tiny.SIZE)},
}


def adapted(folder: Path, family: str) -> Any:
    entry = FAMILIES[family]
    tiny.NETWORKS[family].make(folder)
    network = entry.load(LoadRequest(folder, "", entry.heads[0], ("a", "b", "c"), 1, image_size=tiny.SIZE)).model
    parts = Parts((), entry.anchors(network), entry.spine(network), STEPS, entry.heads[0])
    torch.manual_seed(0)
    return adalora.wrap(network, parts, adalora.AdaLoraOptions(rank=2, start_rank=4)).eval()


def trained(model: Any, family: str, steps: range) -> list[float]:
    """Plain steps, without the loop; the mean width after each."""
    found = []
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for step in steps:
        torch.nn.functional.cross_entropy(model(**INPUTS[family]).logits, torch.arange(3)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        adalora.after_step(model, (step - 0.5) / STEPS)
        optimizer.zero_grad()
        found.append(adalora.curves(model)["AdapterWidth/mean"])
    return found


@pytest.mark.parametrize("family", ["bert", "resnet"])
def test_the_budget_shrinks_and_a_resumed_run_deals_out_the_same(family: str, tmp_path: Path) -> None:
    whole, widths = adapted(tmp_path / "a", family), list[float]()
    widths += trained(whole, family, range(1, STEPS + 1))
    assert widths == sorted(widths, reverse=True)
    assert (widths[0], widths[-1]) == (4, 2)
    zeros = [int((p != 0).sum()) for name, p in whole.named_parameters() if "lora_E" in name]
    assert sum(zeros) / len(zeros) == 2
    for stop in (7, 16):  # while it shrinks, and after
        first, second = adapted(tmp_path / f"b{stop}", family), adapted(tmp_path / f"c{stop}", family)
        trained(first, family, range(1, stop + 1))
        second.load_state_dict(checkpoint.trained_state(first), strict=False)
        trained(second, family, range(stop + 1, STEPS + 1))
        for name, tensor in checkpoint.trained_state(whole).items():
            assert torch.equal(tensor, checkpoint.trained_state(second)[name]), name


def test_what_the_clock_passes_over_is_made_up_for(tmp_path: Path) -> None:
    model = adapted(tmp_path, "bert")
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    widths = []
    for done in (0.02, 0.05, 0.3, 0.55, 0.9):  # of a plan of many more steps
        torch.nn.functional.cross_entropy(model(**INPUTS["bert"]).logits, torch.arange(3)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        adalora.after_step(model, done)
        optimizer.zero_grad()
        widths.append(adalora.curves(model)["AdapterWidth/mean"])
    assert widths == sorted(widths, reverse=True)
    assert (widths[1], widths[-1]) == (4, 2)
    assert 2 < widths[2] < 4


def test_the_pull_towards_orthogonal_matrices_is_the_papers_once_a_step() -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.randn(3, 5))
    for rows, square in ((True, matrix @ matrix.T), (False, matrix.T @ matrix)):
        (wanted,) = torch.autograd.grad((square - torch.eye(len(square))).norm(), matrix)
        pull = adalora._Pull(0.5, rows)
        for expected in (0.5 * wanted, torch.zeros_like(wanted)):
            matrix.grad = torch.zeros_like(matrix)
            pull(matrix)
            assert torch.allclose(matrix.grad, expected, atol=1e-5)
