"""Images as square arrays: one way to resize and cut them, for the importer, training and prediction alike.

`fit` does what transformers' image processors do with `size={"shortest_edge": s}`, bicubic, and a centre crop, in the
same order and with the same rounding: a stored image, which is square already, goes through either unchanged. Needs
numpy and Pillow alone: an export whose images are to be made small first holds this very file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_PIXELS = 16_384  # of the longer side, resized: what lies beyond is cut off before


def fit(image: Image.Image, size: int) -> Image.Image:
    """The image with its shorter side resized to `size` pixels, and the middle square of it.

    Of a long strip only the middle is resized: a line of 60,000 pixels would become gigabytes.
    """
    image = _without_ends(image, size)
    width, height = image.size
    if width <= height:
        resized = (size, max(size, int(size * height / width)))
    else:
        resized = (max(size, int(size * width / height)), size)
    if resized != image.size:
        image = image.resize(resized, Image.Resampling.BICUBIC)
    left, top = (resized[0] - size) // 2, (resized[1] - size) // 2
    return image.crop((left, top, left + size, top + size))


def _without_ends(image: Image.Image, size: int) -> Image.Image:
    width, height = image.size
    most = max(1, min(width, height) * MOST_PIXELS // size)
    if max(width, height) <= most:
        return image
    left, top = max(0, width - most) // 2, max(0, height - most) // 2
    return image.crop((left, top, left + min(width, most), top + min(height, most)))


def resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Square images [n, s, s, 3] at another size; the same array where the size is right already."""
    if len(images) == 0 or images.shape[1] == size:
        return images
    return np.stack([np.asarray(fit(Image.fromarray(image), size)) for image in images])
