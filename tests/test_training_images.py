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


def test_a_crop_is_a_mirrored_or_unmirrored_window_of_half_to_all_of_the_image() -> None:
    """On a ramp from left to right and one from top to bottom, a window shows where it lies and how large it is."""
    side, n = 32, 200
    ramp = torch.arange(side, dtype=torch.float32)
    across, down = ramp.expand(side, side), ramp.view(-1, 1).expand(side, side)
    torch.manual_seed(0)
    changed = images.augmented(torch.stack([across, down, across]).repeat(n, 1, 1, 1), TrainingParams(augment="crop"))
    inside = slice(2, -2)  # the outermost pixels are held at the edge
    steps = changed[:, 0, :, inside].diff(dim=-1), changed[:, 1, inside].diff(dim=-2)
    width, height = (found.mean(dim=(1, 2)) for found in steps)
    assert torch.allclose(steps[0], width.view(-1, 1, 1).expand_as(steps[0]), atol=1e-3)
    assert 0.35 < float((width < 0).float().mean()) < 0.65
    assert bool((height > 0).all())
    area = width.abs() * height
    assert float(area.min()) > images.ZOOM[0] * 0.85
    assert float(area.max()) <= 1.0 + 1e-4
    assert float((width.abs() / height).max()) <= images.STRETCH + 1e-3
    assert 0 <= float(changed.min()) <= float(changed.max()) <= side - 1
