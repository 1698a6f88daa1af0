"""Make the pictures in docs/screenshots: every panel, on a desktop and a phone, light and dark, in both languages; and
the panel Data for files such as people bring (`scenes.py`), on a desktop.

    python benchmarks/screenshots.py [--workspace DIR] [--out DIR] [--only NAME]

Starts the studio, trains two short runs on the sample datasets (unless the workspace has finished runs), and takes the
pictures in Chromium. Needs playwright and Chromium. `--only` takes part of a picture's name, such as `train` or
`phone-dark`.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from shutil import which  # noqa: TID251 - looks up a program, and touches no file
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from scenes import SCENES  # the modules beside this one
from served import served

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from studio import settings  # noqa: E402
from studio.api import ImportRequest, Studio, Wish  # noqa: E402

SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
THEMES = ("light", "dark")
LANGUAGES = ("en", "zh")
PANELS = ("data", "train", "live", "result", "download", "runs")
RUNS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("support-messages", "head", {}),
    ("digits", "full", {"epochs": 2}),
)
COLOURS = 128  # of a picture's palette: a quarter of the bytes, and no visible difference
STILL = 8_000  # milliseconds until everything has arrived; the page never rests, because it keeps itself up to date
TALLEST = 2600  # pixels of a picture's height
BROUGHT = 120_000  # milliseconds for a file to be read


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", type=Path, help="workspace to show; default is a new one that is thrown away")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--only", default="", help="part of the names of the pictures to make")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        workspace = asked.workspace or Path(temporary) / "workspace"
        studio = Studio(settings.load(workspace=workspace))
        prepare(studio)
        with served(workspace) as page:
            photograph(studio, page.url, asked.out, asked.only)
        for language in LANGUAGES:
            with served(Path(temporary) / language) as page:
                bring(page.url, language, asked.out, asked.only)
    return 0


def prepare(studio: Studio) -> None:
    """Finished runs to look at."""
    if any(run["status"] == "finished" for run in studio.runs()):
        return
    for sample, method, changes in RUNS:
        dataset = studio.import_dataset(ImportRequest(Path(sample)))
        record = studio.start(dataset["dataset"], None, Wish(method=method, changes=changes))
        while studio.show(record["run"])["status"] not in ("finished", "failed", "stopped", "interrupted"):
            time.sleep(1)


def photograph(studio: Studio, url: str, out: Path, only: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for size, theme, language in product(SIZES, THEMES, LANGUAGES):
            wanted = [panel for panel in PANELS if only in name(panel, size, theme, language)]
            if not wanted:
                continue
            width, height = SIZES[size]
            page = browser.new_page(viewport={"width": width, "height": height})
            for panel in wanted:
                show(page, studio, url, (panel, theme, language))
                save(page, out / f"{name(panel, size, theme, language)}.png", width)
            page.close()
        browser.close()


def bring(url: str, language: str, out: Path, only: str) -> None:
    """The panel Data after each file of `scenes.py` was dropped on it."""
    wanted = [scene for scene in SCENES if only in _brought(scene, language)]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for scene in wanted:
            width, height = SIZES["desktop"]
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(f"{url}/?lang={language}&panel=data&__theme=light")
            drop = page.locator("#data-drop input[type=file]")
            drop.wait_for(state="attached")
            page.wait_for_timeout(STILL)
            file = SCENES[scene](Path(folder), language)
            drop.set_input_files(str(file))
            page.locator("#data-title", has_text=file.stem).or_(page.locator("#data-progress [role=alert]")).wait_for(
                timeout=BROUGHT
            )
            page.wait_for_timeout(STILL)
            save(page, out / f"{_brought(scene, language)}.png", width)
            page.close()
        browser.close()


def _brought(scene: str, language: str) -> str:
    return name(f"data-{scene}", "desktop", "light", language)


def name(panel: str, size: str, theme: str, language: str) -> str:
    return f"{panel}-{size}-{theme}-{language}"


def show(page: Page, studio: Studio, url: str, what: tuple[str, str, str]) -> None:
    """Open a panel with a run that has a result, and wait until it stands still."""
    panel, theme, language = what
    run = next(run for run in studio.runs()[::-1] if run["status"] == "finished")
    page.goto(f"{url}/?lang={language}&panel={panel}&run={run['run']}&dataset={run['dataset']}&__theme={theme}")
    page.get_by_role("tab").first.wait_for()
    page.wait_for_timeout(STILL)


def save(page: Page, target: Path, width: int) -> None:
    """The whole page as a picture with a palette."""
    wide = int(page.evaluate("document.documentElement.scrollWidth"))
    taken: Any = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    taken = taken.convert("RGB").crop((0, 0, taken.width, min(taken.height, TALLEST)))
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size // 1000} kB{'' if wide <= width else f', {wide} pixels wide'}")


if __name__ == "__main__":
    sys.exit(main())
