"""What is told of a dataset agrees with its rows: class counts per split, text lengths, and what would be cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from studio.data import overview, store
from studio.tasks import TASKS
from tests import tiny


def _flat(cells: list[Any]) -> list[int]:
    return [value for cell in cells for value in (cell if isinstance(cell, list) else [cell])]


@pytest.mark.parametrize("task", tiny.ROWS)
def test_classes_are_counted_in_each_split(tmp_path: Path, task: str) -> None:
    record = tiny.dataset(tmp_path, task)
    folder, chosen = tmp_path / "datasets" / record.id, TASKS[task]
    counts = overview.label_counts(folder, record, chosen)
    assert [row["name"] for row in counts] == list(record.label_names)
    for split in store.SPLITS:
        wanted = Counter(_flat(store.read_rows(folder, split)[chosen.target.name]))
        assert [row[split] for row in counts] == [wanted[place] for place in range(len(counts))]


def test_a_split_without_rows_counts_nothing(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, "text_classification", (6, 0, 3))
    counts = overview.label_counts(tmp_path / "datasets" / record.id, record, TASKS[record.task])
    assert [(row["train"], row["valid"], row["test"]) for row in counts] == [(2, 0, 1)] * 3


def test_the_sample_is_the_same_each_time_and_not_the_first_rows(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, "text_classification", (60, 3, 3))
    folder, task = tmp_path / "datasets" / record.id, TASKS[record.task]
    everything = store.read_rows(folder, "train")["text"]
    assert sorted(map(str, overview.sample(folder, task))) == sorted(everything)
    few = overview.sample(folder, task, 10)
    assert few == overview.sample(folder, task, 10)
    assert len(few) == 10
    assert few != everything[:10]


def test_lengths_are_in_tokens_of_a_tokenizer_or_in_words(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path)
    tokenizer = tmp_path / "tokenizer.json"
    assert overview.token_counts(["good film", "the a the a"], tokenizer) == [4, 6]
    assert overview.token_counts([["good", "film"], ["anna"]], tokenizer) == [4, 3]
    assert overview.token_counts(["good film", ""], None) == [2, 0]
    assert overview.token_counts([["good", "film"], []], None) == [2, 0]


@hypothesis(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=300), st.integers(1, 600))
def test_the_histogram_holds_every_text_once(counts: list[int], limit: int) -> None:
    found = overview.lengths(counts, "tokens", limit)
    edges = found["edges"]
    assert sum(found["counts"]) == len(counts)
    assert len(edges) == len(found["counts"]) + 1 <= 28
    assert edges == sorted(set(edges))
    for first, stop, count in zip(edges, edges[1:], found["counts"], strict=False):
        assert count == sum(first <= c < stop for c in counts) + (stop == edges[-1]) * counts.count(stop)
    assert found["longest"] == max(counts)
    assert found["cut"] == {"limit": limit, "share": pytest.approx(sum(c > limit for c in counts) / len(counts))}
