"""How many labels that were flipped on purpose are among the first suspects.

    python benchmarks/planted.py FILE [--share 0.05] [--seed 7] [--model M]

FILE is a table that the studio reads. Its labels are flipped at random to another class; then it is imported into a
workspace of its own and looked through. What is reported: the share of the flips among the first suspects, and the
share of flips among those.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned  # noqa: E402

from studio.api import ImportRequest, Studio  # noqa: E402
from studio.data import store  # noqa: E402
from studio.settings import Settings  # noqa: E402

FIRST = (0.02, 0.05, 0.08, 0.10)  # shares of all rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--model")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Settings(workspace=Path(folder) / "workspace"))
        plain = studio.import_dataset(ImportRequest(given.file.resolve()))
        rows, true = _rows(Path(plain["folder"])), [label["name"] for label in plain["labels"]]
        flips = set(random.Random(given.seed).sample(range(len(rows)), round(given.share * len(rows))))
        planted = Path(folder) / "planted.csv"
        _write(planted, rows, true, flips, given.seed)
        dataset = studio.import_dataset(ImportRequest(planted, task=plain["task"], options={"split": "split"}))
        found = studio.choices.suspects(dataset["dataset"], given.model)
        _report(found, flips, _numbers(Path(dataset["folder"])))


def _rows(folder: Path) -> list[tuple[str, int, str]]:
    """Text, class and split of every row."""
    found = []
    for split in store.SPLITS:
        part = store.read_rows(folder, split)
        found += [(text, label, split) for text, label in zip(part["text"], part["label"], strict=True)]
    return found


def _write(path: Path, rows: list[tuple[str, int, str]], names: list[str], flips: set[int], seed: int) -> None:
    chance = random.Random(seed + 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["text", "label", "split"])
        for number, (text, label, split) in enumerate(rows):
            if number in flips:
                label = chance.choice([other for other in range(len(names)) if other != label])
            table.writerow([" ".join(text.split()), names[label], split])


def _numbers(folder: Path) -> list[int]:
    """For each row of the dataset its number in the planted file, which has one line a row."""
    lines = [line for split in store.SPLITS for line in store.read_rows(folder, split)["line"]]
    return [int(line.rsplit(":", 1)[1]) - 2 for line in lines]


def _report(found: dict[str, object], flips: set[int], numbers: list[int]) -> None:
    suspects = found["suspects"]
    assert isinstance(suspects, list)
    order = [numbers[suspect["row"]] in flips for suspect in suspects]
    print(f"{len(flips):,} of {len(numbers):,} labels flipped; looked through in {found['seconds']} s")
    rows = []
    for share in FIRST:
        first = order[: round(share * len(numbers))]
        rows.append((f"{share:.0%}", f"{sum(first) / len(flips):.1%}", f"{sum(first) / max(1, len(first)):.1%}"))
    print(aligned(("first suspects", "of all flips", "flips among them"), rows))


if __name__ == "__main__":
    main()
