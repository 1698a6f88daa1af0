"""Make assets/samples/digits.zip from scikit-learn's handwritten digits: the same bytes on every machine.

    python benchmarks/make_digits_sample.py [target.zip]

1,797 images of 8 x 8 pixels in folders 0 to 9, grey values 0..16 scaled to 0..255. Source: the test half of "Optical
Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, CC BY 4.0.
"""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "assets" / "samples" / "digits.zip"
_DATE = (1998, 7, 1, 0, 0, 0)
_FULL = 16  # largest grey value of the source


def png(grey: NDArray[np.uint8]) -> bytes:
    """An 8-bit grey PNG, written chunk by chunk so that no library version changes its bytes."""
    height, width = grey.shape
    lines = b"".join(b"\0" + grey[row].tobytes() for row in range(height))
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(lines), len(lines) ^ 0xFFFF) + lines
    stored += struct.pack(">I", zlib.adler32(lines))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", stored), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write(target: Path) -> int:
    """Write the archive; returns the number of images."""
    digits = load_digits()
    images = (digits.images * (255 / _FULL)).round().astype(np.uint8)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for index in np.argsort(digits.target, kind="stable"):
            member = zipfile.ZipInfo(f"{digits.target[index]}/{index:04d}.png", date_time=_DATE)
            member.external_attr = 0o644 << 16
            member.create_system = 3  # Unix, wherever this runs
            archive.writestr(member, png(images[index]))
    return len(images)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    count = write(target)
    sys.stdout.write(f"{count} images, {target.stat().st_size:,} bytes: {target}\n")
