"""What a setup is built of: number formats of what is trained and of what is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from studio.errors import ChangedSince
from studio.plan import unfold
from studio.training import build
from tests import tiny


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its precision for the life of a process; no test must inherit another's."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.parametrize(
    ("method", "precision", "halved"), [("lora", "bf16", True), ("lora", "fp32", False), ("full", "bf16", False)]
)
def test_frozen_layers_have_the_number_format_of_a_step_and_nothing_that_is_kept_has(
    tmp_path: Path, method: str, precision: str, halved: bool
) -> None:
    tiny.NETWORKS["bert"].make(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", method, tmp_path / "network", precision=precision)
    model = build.tune(build.build(run, unfold(run.spec())), None).model
    assert {p.dtype for p in model.parameters() if p.requires_grad} == {torch.float32}
    frozen = {
        type(module): parameter.dtype
        for module in model.modules()
        for parameter in module.parameters(recurse=False)
        if not parameter.requires_grad
    }
    if method == "full":
        assert frozen == {}
        return
    assert frozen[nn.Linear] is (torch.bfloat16 if halved else torch.float32)
    assert frozen[nn.LayerNorm] is frozen[nn.Embedding] is torch.float32


@pytest.mark.parametrize("harm", ["flip", "cut", "gone", "more"])
def test_a_dataset_whose_files_are_not_what_they_were_is_refused(tmp_path: Path, harm: str) -> None:
    run = tiny.new_run(tmp_path, "image_classification", "full", tmp_path / "network")
    plan = unfold(run.spec())
    folder = build.dataset_folder(run, plan)
    images = folder / "images.npy"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    match harm:
        case "flip":
            images.write_bytes(bytes(content))
        case "cut":
            images.write_bytes(bytes(content[:-100]))
        case "gone":
            images.unlink()
        case "more":
            (folder / "rows" / "train" / "more.arrow").write_bytes(b"")
    with pytest.raises(ChangedSince, match="changed or damaged") as refused:
        build.dataset_folder(run, plan)
    assert ("images.npy" in refused.value.where) == (harm != "more")


def test_texts_that_just_fit_are_not_cut(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    lengths = build.build(run, unfold(run.spec())).encoded["train"].lengths
    for longest in (int(lengths.max()), int(lengths.max()) - 1, int(lengths.min())):
        run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network", max_length=longest)
        setup = build.build(run, unfold(run.spec()))
        assert setup.rows_cut == int((lengths > longest).sum())
        assert setup.encoded["train"].lengths.max() <= longest
