"""Bytes of an image file to upright RGB pixels, square, at one size. For the importer and for predictions alike."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from studio.errors import DataError
from studio.pixels import fit

KINDS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
_DAMAGE = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, AttributeError, EOFError, OverflowError,
    ZeroDivisionError, NotImplementedError, struct.error, zlib.error, RuntimeError,
)  # fmt: skip  # what Pillow raises on damaged files, by experience
_DEPTHS = (8, 10, 12, 14, 16)  # bits per pixel of grey images
_GREY = ("1", "L", "I", "F")  # how the names of Pillow's modes without colour begin
_DRAFT = 4  # JPEGs this many times larger than needed are decoded at a fraction of their size
_LARGE = 4_000_000  # pixels of an image that is decoded while no other large one is: several would need much memory
_ONE_LARGE = Lock()


@dataclass(frozen=True)
class Picture:
    """A decoded image: `pixels` uint8 [size, size, 3], and what its file held."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    grey: bool
    animated: bool


def square(data: bytes, size: int, most_pixels: int) -> NDArray[np.uint8]:
    """The first frame as uint8 [size, size, 3], upright, on white. Raises DataError with the reason."""
    return decode(data, size, most_pixels).pixels


def decode(data: bytes, size: int, most_pixels: int) -> Picture:
    """The first frame, upright, on white, and what the file held. Raises DataError with the reason."""
    with silent():
        return decoded(data, size, most_pixels)


def decoded(data: bytes, size: int, most_pixels: int) -> Picture:
    """The same for several threads at once, each of which a `silent` has to enclose."""
    image = _open(data, most_pixels)
    (width, height), grey = image.size, image.mode.startswith(_GREY)
    try:
        animated = image.format != "JPEG" and bool(getattr(image, "is_animated", False))
        if image.format == "JPEG" and min(image.size) > _DRAFT * size:
            image.draft(image.mode, (2 * size, 2 * size))
        with _ONE_LARGE if image.width * image.height > _LARGE else nullcontext():
            pixels = np.asarray(fit(_rgb(_upright(image)), size), dtype=np.uint8)
    except Image.DecompressionBombError:
        raise DataError("The image has too many pixels.") from None
    except _DAMAGE as error:
        raise DataError(f"The image is damaged ({_reason(error)}).") from None
    return Picture(pixels, width, height, grey, animated)


@contextmanager
def silent() -> Iterator[None]:
    """Without Pillow's warnings of odd metadata that changes no pixel. Not for several threads to ask for: what is done
    with warnings concerns the whole process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def shorter_side(data: bytes, most_pixels: int) -> int:
    """The shorter side in pixels, from the header alone. Raises DataError."""
    with silent():
        return min(_open(data, most_pixels).size)


def _open(data: bytes, most_pixels: int) -> Image.Image:
    if not data:
        raise DataError("The file is empty.")
    try:
        image = Image.open(io.BytesIO(data), formats=KINDS)
    except Image.DecompressionBombError:
        raise DataError("The image has too many pixels.") from None
    except UnidentifiedImageError:
        raise DataError(
            f"The file is no {', '.join(KINDS[:-1])} or {KINDS[-1]} image, or its start is damaged."
        ) from None
    except _DAMAGE as error:
        raise DataError(f"The image is damaged ({_reason(error)}).") from None
    width, height = image.size
    if width < 1 or height < 1:
        raise DataError("The image has no pixels.")
    if width * height > most_pixels:
        raise DataError(f"The image has {width:,} x {height:,} pixels; the limit is {most_pixels:,} in total.")
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF orientation says; damaged EXIF data say nothing."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except _DAMAGE:
        return image


def _rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB: deeper greys scaled, transparency laid on white, everything else converted."""
    if image.mode.startswith("I") or image.mode == "F":
        return _scaled(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        alpha = image.convert("RGBA")
        white = Image.new("RGBA", alpha.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, alpha).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """A grey image of 16 bits, 32 bits or floats at 8 bits.

    Cameras and scanners store 10, 12 or 14 bits in 16, so the smallest depth that holds the brightest pixel is taken
    for white: by the nominal 65,535 their images would come out black.
    """
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    top = float(values.max(initial=0.0))
    if image.mode == "F" and top <= 1:
        white = 1.0
    else:
        white = next((2.0**bits - 1 for bits in _DEPTHS if top <= 2**bits - 1), top)
    return Image.fromarray(np.clip(values * (255.0 / white), 0, 255).round().astype(np.uint8)).convert("RGB")


def _reason(error: Exception) -> str:
    text = str(error).split("\n")[0].strip().rstrip(".")
    return text[:120] if text else "it cannot be decoded"
