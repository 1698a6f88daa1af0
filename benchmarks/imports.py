"""How long an import with check-up takes and how much memory, beside other libraries that read the same file.

    python benchmarks/imports.py [--rows N] [--letters N] [--json]
    python benchmarks/imports.py --photos N [--json]

Makes a CSV of a million rows and two columns (about 250 MB; one row in a hundred repeats another) in a temporary
folder, then reads it three times, each time in a process of its own: by the studio's import (the file is read, checked,
split, and stored), by `datasets.load_dataset("csv")` and by `pandas.read_csv`, which check nothing; pandas stores
nothing either.

With `--photos`, it makes that many JPEG photos of 500 x 375 pixels in ten class folders. The studio reads them as a
zip; `datasets` reads the folder as `imagefolder`, with a `map` that resizes each photo to the square that the studio
stores.

Memory is the largest resident size of the process that does the work; `own` is that without the pages of files, which
the system takes back where it needs them (looked at ten times a second). `asking` is that of the process that asked the
studio, such as the page's, and by how much it grew. Nothing is left behind.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned, fixed  # noqa: E402
from PIL import Image  # noqa: E402

from studio import processes  # noqa: E402

_CLASSES = ("billing", "delivery", "praise", "returns", "other")
_PHOTO = (500, 375)
_FOLDERS = 10
_SIDE = 256  # of the squares that the studio stores of photos this large
_QUIET = 0.5  # load of a machine that does nothing else
_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss
_LOOK = 0.1  # seconds between looks at a process's own memory


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--letters", type=int, default=240, help="letters of a text, on average")
    parser.add_argument("--photos", type=int, default=0, metavar="N", help="import N photos in place of the table")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--measure", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure[0], Path(asked.measure[1]))))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="imports-") as folder:
        given = _photos(Path(folder), asked.photos) if asked.photos else _table(Path(folder), asked)
        size = next(iter(given.values())).stat().st_size
        found = {reader: in_a_process(reader, file) for reader, file in given.items()}
    count, things = asked.photos or asked.rows, "photos" if asked.photos else "rows"
    if asked.json:
        print(json.dumps({"bytes": size, things: count, "load": load, "results": found}))
        return
    print(f"{count:,} {things}, {size / 1e6:,.0f} MB; {os.cpu_count()} processors, load before the start {load:.2f}\n")
    heads = ("reader", "seconds", "of processor", "memory, MiB", "own, MiB", things, "")
    print(aligned(heads, [_line(reader, one) for reader, one in found.items()]))
    if load > _QUIET:
        print("\nTHE MACHINE WAS BUSY with other things. Repeat it on a quiet machine.")


def _line(reader: str, one: dict[str, Any]) -> list[str]:
    sizes = [f"{one[name] / 2**20:,.0f}" for name in ("peak", "own")]
    return [reader, fixed(one["seconds"], 1), fixed(one["work"], 1), *sizes, f"{one['rows']:,}", one["remark"]]


def _table(folder: Path, asked: argparse.Namespace) -> dict[str, Path]:
    file = folder / "table.csv"
    make(file, asked.rows, asked.letters)
    return dict.fromkeys(("studio", "datasets", "pandas"), file)


def make(file: Path, rows: int, letters: int) -> None:
    """A table of texts of about so many letters and their classes; the same bytes every time."""
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(5_000)]
    with file.open("w", encoding="utf-8") as target:
        target.write("text,label\n")
        line = ""
        for row in range(rows):
            if row % 100 or not line:
                text = " ".join(chance.choices(words, k=max(1, letters // 6)))
                line = f'"{text}, {row}",{_CLASSES[row % len(_CLASSES)]}\n'
            target.write(line)


def _photos(folder: Path, count: int) -> dict[str, Path]:
    """The same photos as a zip and as a folder."""
    unpacked = folder / "photos"
    with zipfile.ZipFile(folder / "photos.zip", "w", zipfile.ZIP_STORED) as packed:
        for number, content in enumerate(photos(count)):
            name = f"class{number % _FOLDERS}/{number:06}.jpg"
            packed.writestr(name, content)
            (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
            (unpacked / name).write_bytes(content)
    return {"studio": folder / "photos.zip", "imagefolder": unpacked}


def photos(count: int) -> Iterator[bytes]:
    """JPEG files of smooth shapes under the grain of a camera, no two alike; the same bytes every time."""
    chance = np.random.default_rng(0)
    width, height = _PHOTO
    grains = chance.integers(-25, 26, (16, height, width, 1), dtype=np.int16)
    for number in range(count):
        shapes = Image.fromarray(chance.integers(0, 256, (9, 12, 3), dtype=np.uint8))
        smooth = np.asarray(shapes.resize(_PHOTO, Image.Resampling.BICUBIC), dtype=np.int16)
        pixels = np.clip(smooth + grains[number % len(grains)], 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
        yield buffer.getvalue()


def in_a_process(reader: str, file: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--measure", reader, str(file)],
        env=processes.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def measured(reader: str, file: Path) -> dict[str, Any]:
    """Seconds, peak memory in bytes and rows of one reader, here or in the process that it starts."""
    with tempfile.TemporaryDirectory(prefix="imports-") as folder:
        return READERS[reader](file, Path(folder))


def by_studio(file: Path, folder: Path) -> dict[str, Any]:
    from studio import settings
    from studio.api import ImportRequest, Studio

    studio = Studio(settings.load(workspace=folder))
    before, worked, start = peak(), work(), time.monotonic()
    with own_memory(children=True) as own:
        made = studio.import_dataset(ImportRequest(file))
    seconds, asking = time.monotonic() - start, peak()
    remark = f"asking {asking / 2**20:,.0f}, grew by {(asking - before) / 2**20:,.0f}; {len(made['findings'])} findings"
    peak_, work_ = peak(resource.RUSAGE_CHILDREN), work(resource.RUSAGE_CHILDREN) + work() - worked
    return {"seconds": seconds, "work": work_, "peak": peak_, "own": max(own), "rows": made["rows"], "remark": remark}


def by_datasets(file: Path, folder: Path) -> dict[str, Any]:
    from datasets import load_dataset

    def read() -> int:
        return len(load_dataset("csv", data_files=str(file), cache_dir=str(folder), split="train"))

    return alone(read, "stored, not checked")


def by_pandas(file: Path, folder: Path) -> dict[str, Any]:
    import pandas

    return alone(lambda: len(pandas.read_csv(file)), "neither")


def by_imagefolder(file: Path, folder: Path) -> dict[str, Any]:
    from datasets import Array3D, Features, load_dataset

    def resized(row: dict[str, Any]) -> dict[str, Any]:
        return {"pixels": np.asarray(row["image"].convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC))}

    def read() -> int:
        made = load_dataset("imagefolder", data_dir=str(file), cache_dir=str(folder), split="train")
        shape = Features({"label": made.features["label"], "pixels": Array3D((_SIDE, _SIDE, 3), "uint8")})
        return len(made.map(resized, remove_columns=["image"], features=shape))

    return alone(read, "stored, not checked")


READERS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "studio": by_studio,
    "datasets": by_datasets,
    "pandas": by_pandas,
    "imagefolder": by_imagefolder,
}


def alone(read: Callable[[], int], remark: str) -> dict[str, Any]:
    """What it costs this process to read so many rows."""
    from datasets import disable_progress_bars

    disable_progress_bars()
    worked, start = work(), time.monotonic()
    with own_memory() as own:
        rows = read()
    seconds, work_ = time.monotonic() - start, work() - worked
    return {"seconds": seconds, "work": work_, "peak": peak(), "own": max(own), "rows": rows, "remark": remark}


@contextmanager
def own_memory(children: bool = False) -> Iterator[list[int]]:
    """Sizes in bytes of the memory of this process, or of the largest of its children, that belongs to no file."""
    sizes, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK):
            sizes.append(max(map(anonymous, _children() if children else ["self"]), default=0))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield sizes
    finally:
        over.set()
        watcher.join()


def _children() -> list[str]:
    lists = Path("/proc/self/task").glob("*/children")
    return [number for file in lists for number in file.read_text(encoding="ascii").split()]


def anonymous(process: str) -> int:
    """Bytes of a process's memory that belong to no file; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)


def peak(whose: int = resource.RUSAGE_SELF) -> int:
    """The largest resident size so far, in bytes."""
    return resource.getrusage(whose).ru_maxrss * _UNIT


def work(whose: int = resource.RUSAGE_SELF) -> float:
    """Seconds of processor used so far: they do not grow while others have the machine."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
