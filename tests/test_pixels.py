"""Images are cut as transformers cuts them, to the last bit, so that an exported model sees what it was trained on."""

from __future__ import annotations

import resource

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from studio.pixels import fit, resized

SIZES = [(1, 1), (1, 9), (9, 1), (7, 7), (8, 8), (31, 32), (32, 31), (33, 65), (65, 33), (101, 67), (224, 97), (300, 5)]


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("side", [8, 15, 32])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_cut_is_that_of_the_image_processor_that_is_exported(width: int, height: int, side: int) -> None:
    from transformers import BitImageProcessor

    processor = BitImageProcessor(
        size={"shortest_edge": side},
        crop_size={"height": side, "width": side},
        resample=3,
        do_rescale=False,
        do_normalize=False,
    )
    image = Image.fromarray(noise(width, height))
    expected = np.asarray(processor(image, return_tensors="np")["pixel_values"][0]).transpose(1, 2, 0)
    assert np.array_equal(np.asarray(fit(image, side)), expected)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_an_image_of_any_shape_becomes_a_square(width: int, height: int) -> None:
    assert fit(Image.fromarray(noise(width, height)), 16).size == (16, 16)


@pytest.mark.parametrize(("width", "height"), [(60_000, 1), (1, 60_000), (20_000, 2)])
def test_a_line_takes_no_more_memory_than_an_image(width: int, height: int) -> None:
    image, (x, y) = Image.new("RGB", (width, height), "white"), (width // 2, height // 2)
    image.paste("black", (x - 5, y - 5, x + 5, y + 5))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    square = np.asarray(fit(image, 224))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes
    assert square.shape == (224, 224, 3)
    assert square.max() < 128  # the middle of it


def test_an_image_of_the_right_size_is_left_as_it_is() -> None:
    pixels = noise(16, 16)
    assert np.array_equal(np.asarray(fit(Image.fromarray(pixels), 16)), pixels)


def test_stored_images_are_resized_one_by_one() -> None:
    images = np.stack([noise(16, 16), noise(16, 16)[::-1]])
    smaller = resized(images, 8)
    assert smaller.shape == (2, 8, 8, 3)
    assert np.array_equal(smaller[1], np.asarray(fit(Image.fromarray(images[1]), 8)))


def test_stored_images_of_the_right_size_are_not_copied() -> None:
    images = np.stack([noise(16, 16)])
    assert resized(images, 16) is images
    nothing = images[:0]
    assert resized(nothing, 8) is nothing
