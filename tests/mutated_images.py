"""Good images and archives of them, to be damaged by `tests.mutated`: every kind of picture that is read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from studio.data import pictures
from studio.data.formats._records import Images
from studio.errors import DataError
from studio.settings import Limits
from tests.data_helpers import archive, encoded
from tests.messy_images import photo

_SIDE = 32
_NAMES = tuple(f"{'ab'[i % 2]}/{i}.jpg" for i in range(8))


def _jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(photo(1), "JPEG", exif=exif.tobytes())


def _gif() -> bytes:
    return encoded(photo(2), "GIF", save_all=True, append_images=[photo(3)])


def _palette() -> bytes:
    return encoded(photo(4).convert("P"), "PNG", transparency=0)


def _deep() -> bytes:
    grey = np.linspace(0, 65535, 48 * 40).reshape(40, 48).astype(np.uint16)
    return encoded(Image.fromarray(grey), "TIFF")


# One file of each kind: the bytes that are damaged before they are packed with a good image.
PICTURES: Mapping[str, Callable[[Path], bytes]] = {
    "jpeg": lambda _: _jpeg(),
    "cmyk": lambda _: encoded(photo(5).convert("CMYK"), "JPEG"),
    "png": lambda _: encoded(photo(6), "PNG"),
    "palette": lambda _: _palette(),
    "gif": lambda _: _gif(),
    "webp": lambda _: encoded(photo(7), "WEBP", save_all=True, append_images=[photo(8)]),
    "bmp": lambda _: encoded(photo(9), "BMP"),
    "tiff": lambda _: encoded(photo(10), "TIFF", compression="tiff_lzw"),
    "deep": lambda _: _deep(),
    "ppm": lambda _: encoded(photo(11), "PPM"),
}


def _members() -> dict[str, bytes]:
    return {name: encoded(photo(20 + i), "JPEG") for i, name in enumerate(_NAMES)}


def _labelled(path: Path) -> bytes:
    members = {f"images/{Path(name).name}": content for name, content in _members().items()}
    rows = "".join(f"{Path(name).name},{name[0]}\n" for name in _NAMES)
    return archive(path, {**members, "labels.csv": f"file,label\n{rows}".encode()}).read_bytes()


def _tar(packing: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{packing}") as target:  # type: ignore[call-overload]
        for name, content in _members().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


# Whole archives: what is damaged is the archive, with all that is in it.
ARCHIVES: Mapping[str, Callable[[Path], bytes]] = {
    "zip": lambda path: archive(path, _members()).read_bytes(),
    "labelled": _labelled,
    "tar": lambda _: _tar(""),
    "tgz": lambda _: _tar("gz"),
}


def packed(path: Path, damaged: bytes) -> None:
    """A zip of a damaged image and a good one in each of two classes."""
    good = {f"{folder}/good.png": encoded(photo(30 + place), "PNG") for place, folder in enumerate("ab")}
    archive(path, {"a/damaged": damaged, **good})


def decoded(content: Images) -> str:
    """How the images of an archive end: all read, or some listed. Raises what is no reason in plain words."""
    listed = content.skipped.count
    for item in content.items:
        try:
            pixels = pictures.square(content.read(item), _SIDE, Limits().image_pixels)
        except DataError as error:
            assert str(error), "an image without a reason"
            listed += 1
        else:
            assert pixels.shape == (_SIDE, _SIDE, 3)
    return "images, some listed" if listed else "images"
