"""How long an import with check-up takes and how much memory, beside datasets and pandas reading the same file.

    python benchmarks/imports.py [--rows N] [--letters N] [--json]

Makes a CSV of a million rows and two columns (about 250 MB; one row in a hundred repeats another) in a temporary
folder, then reads it three times, each time in a process of its own: by the studio's import (the file is read, checked,
split, and stored), by `datasets.load_dataset("csv")` and by `pandas.read_csv`, which check nothing; pandas stores
nothing either. Memory is the largest resident size of the process that does the work; `asking` is that of the process
that asked the studio, such as the page's, and by how much it grew. Nothing is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned, fixed  # noqa: E402

from studio import processes  # noqa: E402

READERS = ("studio", "datasets", "pandas")
_CLASSES = ("billing", "delivery", "praise", "returns", "other")
_QUIET = 0.5  # load of a machine that does nothing else
_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--letters", type=int, default=240, help="letters of a text, on average")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--measure", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure[0], Path(asked.measure[1]))))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="imports-") as folder:
        file = Path(folder) / "table.csv"
        make(file, asked.rows, asked.letters)
        size = file.stat().st_size
        found = {reader: in_a_process(reader, file) for reader in READERS}
    if asked.json:
        print(json.dumps({"bytes": size, "rows": asked.rows, "load": load, "results": found}))
        return
    rows = [
        [
            reader,
            fixed(one["seconds"], 1),
            fixed(one["work"], 1),
            f"{one['peak'] / 2**20:,.0f}",
            f"{one['rows']:,}",
            one["remark"],
        ]
        for reader, one in found.items()
    ]
    print(f"{asked.rows:,} rows, {size / 1e6:,.0f} MB; {os.cpu_count()} processors, load before the start {load:.2f}\n")
    print(aligned(("reader", "seconds", "of processor", "memory, MiB", "rows", ""), rows))
    if load > _QUIET:
        print("\nTHE MACHINE WAS BUSY with other things. Repeat it on a quiet machine.")


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
        return {"studio": by_studio, "datasets": by_datasets, "pandas": by_pandas}[reader](file, Path(folder))


def by_studio(file: Path, folder: Path) -> dict[str, Any]:
    from studio import settings
    from studio.api import ImportRequest, Studio

    studio = Studio(settings.load(workspace=folder))
    before, worked, start = peak(), work(), time.monotonic()
    made = studio.import_dataset(ImportRequest(file))
    seconds, asking = time.monotonic() - start, peak()
    remark = f"asking {asking / 2**20:,.0f}, grew by {(asking - before) / 2**20:,.0f}; {len(made['findings'])} findings"
    peak_, work_ = peak(resource.RUSAGE_CHILDREN), work(resource.RUSAGE_CHILDREN) + work() - worked
    return {"seconds": seconds, "work": work_, "peak": peak_, "rows": made["rows"], "remark": remark}


def by_datasets(file: Path, folder: Path) -> dict[str, Any]:
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    worked, start = work(), time.monotonic()
    made = load_dataset("csv", data_files=str(file), cache_dir=str(folder), split="train")
    seconds, work_ = time.monotonic() - start, work() - worked
    return {"seconds": seconds, "work": work_, "peak": peak(), "rows": len(made), "remark": "stored, not checked"}


def by_pandas(file: Path, folder: Path) -> dict[str, Any]:
    import pandas

    worked, start = work(), time.monotonic()
    made = pandas.read_csv(file)
    seconds, work_ = time.monotonic() - start, work() - worked
    return {"seconds": seconds, "work": work_, "peak": peak(), "rows": len(made), "remark": "neither"}


def peak(whose: int = resource.RUSAGE_SELF) -> int:
    """The largest resident size so far, in bytes."""
    return resource.getrusage(whose).ru_maxrss * _UNIT


def work(whose: int = resource.RUSAGE_SELF) -> float:
    """Seconds of processor used so far: they do not grow while others have the machine."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
