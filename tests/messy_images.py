"""The kinds of oddity of the data pack's image archives, made by code: a clone without the pack tries them too."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from tests.data_helpers import archive, encoded

Members = dict[str, bytes]


def photo(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A smooth coloured picture of its own, darker on the left than on the right."""
    small = np.random.default_rng(seed).integers(40, 160, (5, 6, 3), dtype=np.uint8)
    small[:, 3:] += 90
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def _jpegs(classes: Mapping[str, int], size: tuple[int, int] = (48, 40)) -> Members:
    seeds: Iterator[int] = iter(range(10_000))
    return {
        f"{name}/{i:04}.jpg": encoded(photo(next(seeds), size), "JPEG")
        for name, count in classes.items()
        for i in range(count)
    }


def chinese_names_gbk(path: Path) -> Path:
    """Names in GBK without the mark of UTF-8, as Chinese Windows writes them."""
    content = archive(path, _jpegs({"Cmao": 12, "Cgou": 12})).read_bytes()
    path.write_bytes(content.replace(b"Cmao", "猫咪".encode("gbk")).replace(b"Cgou", "小狗".encode("gbk")))
    return path


def corrupt_images(path: Path) -> Path:
    """Nine files that cannot be read among 21 good ones."""
    good = _jpegs({"daisy": 11, "sunflower": 10})
    jpeg, png = encoded(photo(5000, (300, 300)), "JPEG"), encoded(photo(5001, (300, 300)), "PNG")
    gif = encoded(photo(5002), "GIF")
    bad = {
        "daisy/truncated.jpg": jpeg[: len(jpeg) // 2],
        "daisy/broken.png": b"\x89PNG\r\n\x1a\n" + bytes(60),
        "daisy/stream.png": png.replace(b"IDAT", b"IDAT\xff\xff", 1),
        "daisy/truncated.png": png[: len(png) // 2],
        "daisy/bomb.gif": gif[:6] + b"\xff\xff\xff\xff" + gif[10:],
        "daisy/bomb.png": _png_of(60_000, 60_000),
        "daisy/zero.png": _png_of(0, 10),
        "sunflower/empty.jpg": b"",
        "sunflower/page.jpg": b"<!DOCTYPE html><html><body>not found</body></html>",
    }
    return archive(path, {**good, **bad})


def _png_of(width: int, height: int) -> bytes:
    """A few bytes that say they are a PNG of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def exif_rotated(path: Path) -> Path:
    """One photo turned in eight ways, with the mark that turns it back; and another class to learn from."""
    upright, turned = photo(7, (64, 64)), {}
    ways = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
            7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}  # fmt: skip
    for mark, way in ways.items():
        exif = Image.Exif()
        exif[0x0112] = mark
        stored = upright if way is None else upright.transpose(way)
        turned[f"landscape/Landscape_{mark}.jpg"] = encoded(stored, "JPEG", exif=exif.tobytes(), quality=95)
    return archive(path, {**turned, **_jpegs({"people": 7}, (64, 64))})


def flat_with_labels(path: Path) -> Path:
    """No class folders; three rows name files that are not there, two images are not listed."""
    members = _jpegs({"images": 45})
    listed = list(members)[:43]
    rows = [f"{name.removeprefix('images/')},{('frog', 'horse', 'truck')[i % 3]}" for i, name in enumerate(listed)]
    gone = [f"missing_{i}.jpg,frog" for i in range(3)]
    return archive(path, {**members, "labels.csv": "\n".join(["file,label", *rows, *gone]).encode()})


def mac_junk(path: Path) -> Path:
    """Two folders around the classes, and what a Mac and a Windows machine leave beside them."""
    members = {f"My Set (final)/images/{n}": v for n, v in _jpegs({"cat": 20, "dog": 20, "ship": 20}).items()}
    twins = {f"__MACOSX/{Path(n).parent}/._{Path(n).name}": b"\0\5\x16\7" + bytes(80) for n in members}
    others = ("My Set (final)/.DS_Store", "My Set (final)/images/cat/Thumbs.db", "__MACOSX/._My Set (final)")
    junk = dict.fromkeys((*others, "My Set (final)/images/desktop.ini"), b"junk")
    return archive(path, {**members, **twins, **junk, "My Set (final)/readme.txt": b"hello"})


def mixed_formats(path: Path) -> Path:
    """CMYK, 16 bits, transparency, animations, bitmaps, and names that do not tell what a file is."""
    grey = np.linspace(0, 65535, 48 * 40).reshape(40, 48).astype(np.uint16)
    seen = photo(42).convert("RGBA")
    seen.putalpha(Image.fromarray(np.tile(np.arange(0, 240, 5, dtype=np.uint8), (40, 1))))
    palette = photo(43).convert("P")
    frames = [photo(44), photo(45)]
    odd = {
        "one/cmyk.jpg": encoded(photo(40).convert("CMYK"), "JPEG"),
        "one/deep.png": encoded(Image.fromarray(grey), "PNG"),
        "one/deep.tif": encoded(Image.fromarray(grey[::-1]), "TIFF"),
        "one/seen.png": encoded(seen, "PNG"),
        "one/grey.png": encoded(seen.convert("LA"), "PNG"),
        "two/palette.png": encoded(palette, "PNG", transparency=0),
        "two/moving.gif": encoded(frames[0], "GIF", save_all=True, append_images=[frames[1]]),
        "two/moving.webp": encoded(frames[1], "WEBP", save_all=True, append_images=[frames[0]]),
        "two/plain.bmp": encoded(photo(46), "BMP"),
        "two/really_a_png.jpg": encoded(photo(47), "PNG"),
        "two/UPPER.JPG": encoded(photo(48), "JPEG"),
        "two/no_extension": encoded(photo(49), "JPEG"),
    }
    return archive(path, {**odd, **_jpegs({"one": 10, "two": 9})})


def one_class(path: Path) -> Path:
    return archive(path, _jpegs({"photos": 25}))


def path_traversal(path: Path) -> Path:
    """Three names that lead out of the archive."""
    climbing = {f"{n}": encoded(photo(9000 + i), "JPEG") for i, n in enumerate(("../../escape.jpg", "/abs_escape.jpg"))}
    return archive(path, {**_jpegs({"cat": 10, "dog": 10}), **climbing, "a/../../up.jpg": b"x"})


def uneven_splits(path: Path) -> Path:
    """Splits of which valid lacks a class and test has one that train does not know."""
    counts = {"train/bird": 12, "train/deer": 12, "train/frog": 12, "valid/bird": 5, "valid/deer": 5,
              "test/bird": 4, "test/deer": 4, "test/frog": 4, "test/plane": 4}  # fmt: skip
    return archive(path, {f"ds/{name}": content for name, content in _jpegs(counts).items()})


# By the name of the pack's file whose oddity it is.
MADE: Mapping[str, Callable[[Path], Path]] = {
    "chinese_names_gbk.zip": chinese_names_gbk,
    "corrupt_images.zip": corrupt_images,
    "exif_rotated.zip": exif_rotated,
    "flat_with_labels_csv.zip": flat_with_labels,
    "mac_zip_nested_junk.zip": mac_junk,
    "mixed_formats.zip": mixed_formats,
    "one_class_only.zip": one_class,
    "path_traversal.zip": path_traversal,
    "train_valid_test_uneven.zip": uneven_splits,
}
