"""One stored image as a small PNG, for a wall of images on a page.

Reads the memory-mapped array of a dataset; knows nothing of rows and labels.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.errors import RequestError, WrongState

if TYPE_CHECKING:
    from PIL import Image

SMALLEST, LARGEST = 8, 1024  # sides that are drawn, in pixels


def thumbnail(folder: Path, index: int, side: int) -> bytes:
    """The image at `index` of a dataset's folder as a square PNG of at most `side` pixels.

    A larger image is scaled down to `side`. A smaller one is enlarged by the largest whole number that fits, each of
    its pixels to a square of one colour, so that it is seen as it is. Raises RequestError for an index or a side that
    cannot be, WrongState for a dataset without images.
    """
    from PIL import Image  # here, so that a terminal that lists runs does not load it

    if not SMALLEST <= side <= LARGEST:
        raise RequestError(f"An image cannot be drawn {side} pixels wide.", why=f"It can be {SMALLEST} to {LARGEST}.")
    try:
        images = np.load(folder / "images.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise WrongState("The dataset has no images.", why="It holds texts, or is damaged.") from error
    if not 0 <= index < len(images):
        raise RequestError(f"There is no image {index}.", why=f"The dataset has {len(images):,}, counted from 0.")
    buffer = io.BytesIO()
    _scaled(Image.fromarray(np.array(images[index])), side).save(buffer, "PNG")
    return buffer.getvalue()


def _scaled(image: Image.Image, side: int) -> Image.Image:
    from PIL.Image import Resampling

    own = image.size[0]
    if own > side:
        return image.resize((side, side), Resampling.LANCZOS)
    times = side // own
    return image.resize((own * times, own * times), Resampling.NEAREST) if times > 1 else image
