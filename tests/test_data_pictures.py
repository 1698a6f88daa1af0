"""Every image is upright, RGB and square, or refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.data import pictures
from studio.errors import DataError
from tests.data_helpers import encoded, png

_LIMIT = 1_000_000


def _square(data: bytes, size: int = 16) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return pictures.square(data, size, _LIMIT)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(orientation: int) -> None:
    upright = np.full((32, 32, 3), 20, dtype=np.uint8)
    upright[:8] = 230  # a bright sky
    turns = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}[orientation]
    stored = Image.fromarray(upright)
    for turn in turns:
        stored = stored.transpose(Image.Transpose(turn))
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = _square(encoded(stored, "PNG", exif=exif), 32)
    assert pixels[:6].min() > 200
    assert pixels[12:].max() < 50


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_pixel_becomes_8_bit_rgb(mode: str) -> None:
    image = Image.new("L", (20, 30), 128)
    if mode == "I;16":
        image = Image.fromarray(np.full((30, 20), 32896, dtype=np.uint16))
    elif mode != "L":
        image = image.convert(mode)
    pixels = _square(encoded(image, "TIFF"))
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8
    if mode != "1":
        assert np.abs(pixels.astype(int) - 128).max() <= 3


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (_square(encoded(clear, "PNG"), 8) == 255).all()
    palette = Image.new("P", (8, 8), 0)
    assert (_square(encoded(palette, "PNG", transparency=0), 8) == 255).all()


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert _square(data, 8)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b"<html>", "start is damaged"),
        (png(1)[:60], "damaged"),
        (encoded(Image.new("RGB", (200, 200)), "JPEG")[:-300], "damaged"),
        (encoded(Image.new("RGB", (8, 8)), "ICO"), "no JPEG, PNG"),
        (encoded(Image.new("1", (20_000, 20_000)), "PNG"), "20,000 x 20,000|too many pixels"),
    ],
)
def test_what_cannot_be_decoded_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        _square(data)


def test_a_large_photo_looks_the_same_as_a_small_one() -> None:
    gradient = Image.fromarray(np.tile(np.linspace(0, 255, 900, dtype=np.uint8), (900, 1))).convert("RGB")
    large, small = _square(encoded(gradient, "JPEG"), 32), _square(encoded(gradient.resize((64, 64)), "PNG"), 32)
    assert np.abs(large.astype(int) - small.astype(int)).max() < 12


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM"]))
def test_no_damage_crashes_the_decoder(data: st.DataObject, kind: str) -> None:
    content = bytearray(encoded(Image.new("RGB", (12, 10), (9, 99, 200)), kind))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        assert _square(bytes(content)).shape == (16, 16, 3)
    except DataError as error:
        assert str(error)
