"""Sizes and modes of image files that change what a model sees are noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from studio.data import pictures
from tests.data_helpers import archive, build, encoded, png


def _notes(folder: Path, odd: dict[str, bytes]) -> dict[str, tuple[int, list[str]]]:
    members = {f"{c}/{i}.png": png(100 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(20)}
    record, _ = build(folder, archive(folder / "a.zip", {**members, **odd}), {"image_size": "40"})
    return {found.code: (found.count, found.examples) for found in record.findings if found.code.endswith("_images")}


def test_usual_images_are_not_odd(tmp_path: Path) -> None:
    assert _notes(tmp_path, {}) == {}


def test_each_oddity_is_counted_with_the_files(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8)
    frames = [Image.fromarray(noise), Image.fromarray(255 - noise)]
    odd = {
        "cat/small.png": encoded(Image.fromarray(noise[:10, :12]).convert("RGB"), "PNG"),
        "cat/long.png": encoded(Image.fromarray(noise[:40]).convert("RGB"), "PNG"),
        "dog/grey.png": encoded(Image.fromarray(noise), "PNG"),
        "dog/moving.webp": encoded(frames[0].convert("RGB"), "WEBP", save_all=True, append_images=[frames[1]]),
    }
    assert _notes(tmp_path, odd) == {
        "small_images": (1, ["cat/small.png: 12 x 10"]),
        "long_images": (1, ["cat/long.png: 90 x 40"]),
        "grey_images": (1, ["dog/grey.png: 90 x 90"]),
        "animated_images": (1, ["dog/moving.webp: 90 x 90"]),
    }


def test_what_a_file_held_is_told_beside_its_pixels() -> None:
    found = pictures.decode(encoded(Image.new("L", (300, 20), 128), "JPEG"), 16, 10**6)
    assert (found.width, found.height, found.grey, found.animated) == (300, 20, True, False)
    assert found.pixels.shape == (16, 16, 3)
