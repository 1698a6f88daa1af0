"""Which classes a model takes for which, counted from a run's kept predictions, and as a part of the model card. Knows
no task: a target is one class, or a list of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.export.markdown import plain, table

MOST = 20  # classes of the table

Pair = tuple[str, str]


@dataclass(frozen=True)
class Confusion:
    """`counts` by (true class, predicted class)."""

    labels: Sequence[str]
    counts: Counter[Pair]

    def recall(self, label: str) -> float | None:
        """The share of a class's examples that were found; None if there are none."""
        total = sum(count for (true, _), count in self.counts.items() if true == label)
        return self.counts[label, label] / total if total else None

    def confused(self) -> list[str]:
        """The classes of the table in their usual order: all, or those with the most mistakes."""
        if len(self.labels) <= MOST:
            return list(self.labels)
        mistakes: Counter[str] = Counter()
        for (true, predicted), count in self.counts.items():
            if true != predicted:
                mistakes.update({true: count, predicted: count})
        worst = {label for label, _ in sorted(mistakes.items(), key=lambda item: (-item[1], item[0]))[:MOST]}
        return [label for label in self.labels if label in worst]

    def pairs(self, most: int) -> list[tuple[Pair, int]]:
        """The most frequent mistakes."""
        wrong = [(pair, count) for pair, count in self.counts.items() if pair[0] != pair[1]]
        return sorted(wrong, key=lambda item: (-item[1], item[0]))[:most]


def read(predictions: Path, labels: Sequence[str]) -> Confusion:
    """From a `predictions/<split>.jsonl`; empty if there is none. Words that were not read are answered with what may
    be no tag of the run."""
    counts = Counter(_pairs(predictions))
    others = {predicted for _, predicted in counts} - set(labels)
    return Confusion([*labels, *sorted(others)], counts)


def _pairs(predictions: Path) -> Iterator[Pair]:
    if not predictions.is_file():
        return
    with predictions.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if "tags" in row:
                yield from zip(row["target"], row["tags"], strict=True)
            elif "label" in row:
                yield row["target"], row["label"]
            else:
                return  # numbers and pieces of texts are not confused, nor classes that do not exclude each other


def section(found: Confusion) -> str:
    """The part of a model card that shows the confusion; empty where there is none."""
    if not found.counts:
        return ""
    shown = found.confused()
    some = len(shown) < len(found.labels)
    note = f" Of {len(found.labels)} classes, the {len(shown)} with the most mistakes are shown." if some else ""
    head = ["true \\ predicted", *(plain(label) for label in shown), *(["others"] if some else [])]
    rows = []
    for true in shown:
        counts = [found.counts[true, predicted] for predicted in shown]
        others = sum(n for (t, p), n in found.counts.items() if t == true and p not in shown)
        rows.append([plain(true), *map(str, counts), *([str(others)] if some else [])])
    return (
        f"## Confusion on the test rows\n\nRows are true classes, columns predicted ones.{note}\n\n{table(head, rows)}"
    )
