"""Stored images are drawn as small PNGs: large ones smoothly, tiny ones pixel by pixel."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.data.thumbnails import thumbnail
from studio.errors import RequestError, WrongState


def _stored(folder: Path, side: int, count: int = 3) -> np.ndarray:
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 3)).astype(np.uint8)
    np.save(folder / "images.npy", images)
    return images


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image)


def test_a_tiny_image_is_enlarged_by_a_whole_number_without_a_blur(tmp_path: Path) -> None:
    images = _stored(tmp_path, 28)
    drawn = _pixels(thumbnail(tmp_path, 1, 96))
    assert drawn.shape == (84, 84, 3)
    assert (drawn == images[1].repeat(3, axis=0).repeat(3, axis=1)).all()


def test_a_large_image_is_scaled_down_and_one_that_fits_is_left_alone(tmp_path: Path) -> None:
    images = _stored(tmp_path, 120)
    assert _pixels(thumbnail(tmp_path, 2, 96)).shape == (96, 96, 3)
    assert (_pixels(thumbnail(tmp_path, 2, 130)) == images[2]).all()


@pytest.mark.parametrize(("index", "side"), [(-1, 96), (3, 96), (0, 7), (0, 5000)])
def test_an_index_or_a_side_that_cannot_be_is_refused(tmp_path: Path, index: int, side: int) -> None:
    _stored(tmp_path, 16)
    with pytest.raises(RequestError):
        thumbnail(tmp_path, index, side)


def test_a_dataset_without_images_says_so(tmp_path: Path) -> None:
    with pytest.raises(WrongState, match="has no images"):
        thumbnail(tmp_path, 0, 96)
    (tmp_path / "images.npy").write_bytes(b"damaged")
    with pytest.raises(WrongState, match="has no images"):
        thumbnail(tmp_path, 0, 96)
