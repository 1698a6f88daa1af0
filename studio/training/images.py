"""From stored pixels to what a network reads: augmented and normalised in batches, on the training device."""

from __future__ import annotations

from typing import Any

import torch

from studio.spec import TrainingParams

ZOOM = (0.5, 1.0)  # share of the image's area that a random crop shows
SMALL_IMAGE = 64  # side in pixels below which a processor computes faster in torch's own order of memory


def memory_format(side: int, device: torch.device) -> torch.memory_format:
    """The order in memory in which convolutions of images of that side are fastest (docs/performance.md)."""
    return torch.contiguous_format if device.type == "cpu" and side < SMALL_IMAGE else torch.channels_last


def normalised(pixels: torch.Tensor, processor: Any) -> torch.Tensor:
    """uint8 [n, h, w, 3] to float32 [n, 3, h, w] in the order of memory that is best for their size, with the
    processor's mean and deviation."""
    mean = torch.tensor(processor.image_mean, device=pixels.device).view(1, 3, 1, 1)
    deviation = torch.tensor(processor.image_std, device=pixels.device).view(1, 3, 1, 1)
    scaled = pixels.permute(0, 3, 1, 2).float() / 255.0
    return _ordered((scaled - mean) / deviation)


def augmented(images: torch.Tensor, params: TrainingParams) -> torch.Tensor:
    """Training images [n, 3, h, w] changed at random, each differently; torch's global generator is the only source."""
    if params.augment == "none":
        return images
    from kornia.augmentation import AugmentationSequential, RandomHorizontalFlip, RandomResizedCrop

    size = (images.shape[-2], images.shape[-1])
    changes: list[Any] = [RandomHorizontalFlip(p=0.5)]
    if params.augment == "crop":
        changes.append(RandomResizedCrop(size, scale=ZOOM, ratio=(3 / 4, 4 / 3), p=1.0))
    changed: torch.Tensor = AugmentationSequential(*changes)(images)
    return _ordered(changed)


def _ordered(images: torch.Tensor) -> torch.Tensor:
    return images.contiguous(memory_format=memory_format(images.shape[-1], images.device))
