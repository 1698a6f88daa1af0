"""Files such as people bring, for the pictures of the panel Data: a spreadsheet, a zip of photos, a broken file.

Made by code, the same bytes every time; the texts are those of the sample datasets.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from tests import workbooks  # noqa: E402

_SAMPLES = {"en": "support_messages_en.csv", "zh": "community_requests_zh.csv"}
_TITLES = {"en": ("Messages of May", "exported on 1 June"), "zh": ("五月留言", "6 月 1 日导出")}
_FILES = {"en": ("messages.xlsx", "evenings.zip", "report.xlsx"), "zh": ("留言.xlsx", "风景.zip", "报表.xlsx")}
_SKIES = {
    "en": {"day": ((96, 165, 230), (214, 236, 250)), "dusk": ((72, 52, 110), (244, 150, 90)),
           "night": ((8, 12, 34), (34, 44, 88))},
    "zh": {"白天": ((96, 165, 230), (214, 236, 250)), "黄昏": ((72, 52, 110), (244, 150, 90)),
           "夜晚": ((8, 12, 34), (34, 44, 88))},
}  # fmt: skip
_SIZE = (240, 180)
_EACH = 40  # photos of a class
_REPEATED = 14  # rows that stand in the spreadsheet twice


def spreadsheet(folder: Path, language: str) -> Path:
    """Titles above the header, a second sheet, rows that stand there twice, and one class in two spellings."""
    with (ROOT / "assets" / "samples" / _SAMPLES[language]).open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    spelled = [[*row[:-1], row[-1].upper() if number % 37 == 0 else row[-1]] for number, row in enumerate(rows)]
    table = [[_TITLES[language][0]], [_TITLES[language][1]], [], header, *spelled, *spelled[:_REPEATED]]
    return workbooks.xlsx(folder / _FILES[language][0], {"Data": table, "Notes": [[_TITLES[language][1]]]})


def photos(folder: Path, language: str) -> Path:
    """Class folders within another, what a Mac leaves beside them, and two photos that are cut off."""
    chance = np.random.default_rng(3)
    path = folder / _FILES[language][1]
    with zipfile.ZipFile(path, "w") as target:
        for place, (name, sky) in enumerate(_SKIES[language].items()):
            for number in range(_EACH):
                buffer = io.BytesIO()
                _landscape(sky, chance).save(buffer, "JPEG", quality=90)
                target.writestr(f"album/{name}/{number:03}.jpg", buffer.getvalue())
            if place < 2:
                target.writestr(f"album/{name}/cut.jpg", buffer.getvalue()[: 900 + 700 * place])
            target.writestr(f"__MACOSX/album/{name}/._000.jpg", b"\0\5\x16\7")
        target.writestr("album/.DS_Store", b"\0")
    return path


def broken(folder: Path, language: str) -> Path:
    """A workbook whose upload broke off."""
    whole = spreadsheet(folder, language)
    path = folder / _FILES[language][2]
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    return path


# The broken one first: what is selected then is nothing.
SCENES: Mapping[str, Callable[[Path, str], Path]] = {"broken": broken, "spreadsheet": spreadsheet, "photos": photos}


def _landscape(sky: tuple[tuple[int, int, int], tuple[int, int, int]], chance: np.random.Generator) -> Image.Image:
    """Hills under a sky with a sun or a moon."""
    width, height = _SIZE
    top, bottom = (np.asarray(colour, dtype=np.float64) + chance.normal(0, 8, 3) for colour in sky)
    share = np.linspace(0, 1, height)[:, None, None]
    pixels = np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    x, y, radius = (int(chance.integers(low, high)) for low, high in ((20, width - 40), (15, 80), (9, 18)))
    draw.ellipse((x, y, x + 2 * radius, y + 2 * radius), fill=tuple(int(v) for v in np.clip(bottom + 60, 0, 255)))
    for depth in (0.45, 0.65, 0.85):
        heights = np.cumsum(chance.normal(0, 6, 9)) + height * (0.4 + depth / 2)
        hills = list(zip(np.linspace(0, width, 9), heights, strict=True))
        colour = tuple(int(v) for v in np.clip(top * (1 - depth) * 0.8 + 12, 0, 255))
        draw.polygon([(0, height), *hills, (width, height)], fill=colour)
    return image.filter(ImageFilter.GaussianBlur(0.7))
