"""From stored pixels to what a network reads: augmented and normalised in batches, on the training device."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from studio.spec import TrainingParams

ZOOM = (0.5, 1.0)  # share of the image's area that a random crop shows
STRETCH = 4 / 3  # a crop is at most so much wider than high, or higher than wide
SMALL_IMAGE = 64  # side in pixels below which a processor computes faster in torch's own order of memory


def memory_format(side: int, device: torch.device) -> torch.memory_format:
    """The order in memory in which convolutions of images of that side are fastest (docs/performance.md)."""
    return torch.contiguous_format if device.type == "cpu" and side < SMALL_IMAGE else torch.channels_last


def normalised(pixels: torch.Tensor, processor: Any) -> torch.Tensor:
    """uint8 [n, h, w, 3] to float32 [n, 3, h, w] in the order of memory that is best for their size, with the
    processor's mean and deviation."""
    mean = torch.tensor(processor.image_mean, device=pixels.device).view(1, 3, 1, 1)
    deviation = torch.tensor(processor.image_std, device=pixels.device).view(1, 3, 1, 1)
    planes = pixels.permute(0, 3, 1, 2)
    order = memory_format(pixels.shape[1], pixels.device)
    return planes.to(torch.float32, memory_format=order).sub_(255.0 * mean).div_(255.0 * deviation)


def augmented(images: torch.Tensor, params: TrainingParams) -> torch.Tensor:
    """Training images [n, 3, h, w] changed at random, each differently; torch's global generator is the only source.

    Every image is read once, at the places of a mirrored and zoomed grid: a crop of a random share of its area and of
    random proportions, as in Szegedy et al. 2014 (arXiv:1409.4842), enlarged to the image's size.
    """
    if params.augment == "none":
        return images
    n = len(images)
    mirrored = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    if params.augment == "flip":
        chosen = (mirrored < 0).to(images.device).view(n, 1, 1, 1)
        return _ordered(torch.where(chosen, images.flip(-1), images))
    area = torch.empty(n).uniform_(*ZOOM)
    stretch = torch.empty(n).uniform_(-math.log(STRETCH), math.log(STRETCH)).exp()
    size = torch.stack([(area * stretch).sqrt(), (area / stretch).sqrt()], dim=-1).clamp(max=1.0)  # of 1: [n, (w, h)]
    centre = (2 * torch.rand(n, 2) - 1) * (1 - size)
    zoom = torch.diag_embed(size * torch.stack([mirrored, torch.ones(n)], dim=-1))
    grid = functional.affine_grid(
        torch.cat([zoom, centre.unsqueeze(-1)], dim=-1).to(images.device), list(images.shape), align_corners=False
    )
    return _ordered(functional.grid_sample(images, grid, padding_mode="border", align_corners=False))


def _ordered(images: torch.Tensor) -> torch.Tensor:
    return images.contiguous(memory_format=memory_format(images.shape[-1], images.device))
