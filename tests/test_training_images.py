"""Images as a network reads them: the same numbers whatever their order in memory, which follows from their size."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from studio.spec import TrainingParams
from studio.training import images

PROCESSOR = SimpleNamespace(image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.3, 0.4])


def pixels(side: int) -> torch.Tensor:
    return torch.randint(0, 256, (4, side, side, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("side", "device", "order"),
    [
        (32, "cpu", torch.contiguous_format),
        (64, "cpu", torch.channels_last),
        (224, "cpu", torch.channels_last),
        (32, "cuda", torch.channels_last),
    ],
    ids=str,
)
def test_small_images_keep_torchs_own_order_on_a_processor(side: int, device: str, order: torch.memory_format) -> None:
    assert images.memory_format(side, torch.device(device)) is order


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("augment", ["none", "flip", "crop"])
def test_pixels_are_scaled_and_stay_in_one_order(side: int, augment: str) -> None:
    given = pixels(side)
    order = images.memory_format(side, given.device)
    scaled = images.normalised(given, PROCESSOR)
    changed = images.augmented(scaled, TrainingParams(augment=augment))
    assert scaled.is_contiguous(memory_format=order)
    assert changed.is_contiguous(memory_format=order)
    assert changed.shape == (4, 3, side, side)
    assert torch.allclose(scaled[1, 2, 3, 4], (given[1, 3, 4, 2] / 255 - 0.3) / 0.4)


def test_each_image_is_changed_in_its_own_way_and_the_same_again_from_the_same_seed() -> None:
    scaled = images.normalised(pixels(32)[:1].repeat(4, 1, 1, 1), PROCESSOR)
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(images.augmented(scaled, TrainingParams(augment="crop")))
    assert torch.equal(found[0], found[1])
    assert not any(torch.equal(found[0][0], other) for other in found[0][1:])
