"""What a dataset looks like: how many rows each class has in each split, and how long its texts are.

Reads the Arrow files of the store. Knows no model: lengths are counted with the tokenizer file it is given, or in words
where there is none.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import files
from studio.contracts import UNCLASSED, ColumnKind, Task
from studio.data import store
from studio.data.store import DatasetRecord

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 2_000  # training rows that are measured
_SEED = 0
_LETTERS, _ALL_LETTERS = 100_000, 8_000_000  # that are measured: of one text, and of all together
_BINS = 24

Text = str | list[str] | tuple[str, ...]  # a text, words, or texts that are read together


def label_counts(folder: Path, record: DatasetRecord, task: Task) -> list[dict[str, Any]]:
    """For each class in the dataset's order its `name`, and its rows (words, where words are tagged) in `train`,
    `valid` and `test`."""
    import pyarrow.compute as pc

    if task.target.kind in UNCLASSED:
        return []
    counts = {split: [0] * len(record.labels) for split in store.SPLITS}
    for split in store.SPLITS:
        column = _column(folder, split, task.target.name)
        if column is None:
            continue
        values = pc.list_flatten(column) if task.target.kind in (ColumnKind.TAGS, ColumnKind.LABELS) else column
        for pair in pc.value_counts(values).to_pylist():
            if pair["values"] is not None and 0 <= pair["values"] < len(record.labels):
                counts[split][pair["values"]] = pair["counts"]
    return [
        {"name": label.name} | {split: counts[split][place] for split in store.SPLITS}
        for place, label in enumerate(record.labels)
    ]


def answers(folder: Path, task: Task) -> list[dict[str, Any]]:
    """Rows of each split that have an answer ("has"), and that have "none"; empty where none are learned."""
    import pyarrow.compute as pc

    if task.target.kind is not ColumnKind.ANSWERS:
        return []
    found: list[dict[str, Any]] = [{"name": "has"}, {"name": "none"}]
    for split in store.SPLITS:
        column = _column(folder, split, task.target.name)
        rows = 0 if column is None else len(column)
        has = 0 if column is None else int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
        found[0][split], found[1][split] = has, rows - has
    return found


def numbers(folder: Path, task: Task) -> dict[str, Any] | None:
    """The numbers of all rows as a histogram: bin i holds those from `edges[i]` up to `edges[i + 1]`. None where
    classes are learned."""
    import numpy as np

    if task.target.kind is not ColumnKind.NUMBER:
        return None
    columns = [found for split in store.SPLITS if (found := _column(folder, split, task.target.name)) is not None]
    counts, edges = np.histogram(np.concatenate([np.asarray(column) for column in columns]), bins=_BINS)
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def sample(folder: Path, task: Task, count: int = SAMPLE) -> list[Text]:
    """Texts (lists of words, pairs of texts) of at most `count` training rows, by chance but the same each time, long
    ones cut.

    Fewer, where the texts are so long that all of them would take too long to measure.
    """
    columns = [found for c in task.inputs if (found := _column(folder, "train", c.name)) is not None]
    if not columns:
        return []
    places = range(len(columns[0]))
    chosen = sorted(random.Random(_SEED).sample(places, count)) if len(places) > count else list(places)
    random.Random(_SEED).shuffle(chosen)  # so that a sample that ends early is from all over the file
    texts: list[Text] = []
    letters = 0
    for place in chosen:
        cells = [column[place].as_py()[:_LETTERS] for column in columns]
        texts.append(cells[0] if len(cells) == 1 else tuple(cells))
        letters += sum(len(cell) if isinstance(cell, str) else sum(map(len, cell)) for cell in cells)
        if letters > _ALL_LETTERS:
            break
    return texts


def token_counts(texts: Sequence[Text], tokenizer_file: Path | None) -> list[int]:
    """Tokens of each text, with those that the tokenizer adds around it; words where there is no tokenizer."""
    if tokenizer_file is None:
        return [_words(text) for text in texts]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    words = bool(texts) and isinstance(texts[0], list)
    return [len(encoding.ids) for encoding in tokenizer.encode_batch(texts, is_pretokenized=words)]


def _words(text: Text) -> int:
    if isinstance(text, tuple):
        return sum(map(_words, text))
    return len(text.split()) if isinstance(text, str) else len(text)


def lengths(counts: Sequence[int], unit: str, limit: int) -> dict[str, Any]:
    """Lengths as a histogram with its middle and its end, and the share in [0, 1] that is longer than `limit`.

    Bin i holds the lengths from `edges[i]` up to but not including `edges[i + 1]`. The bins are of one width up to the
    99th percentile; the last one reaches to the longest of all.
    """
    import numpy as np

    values = np.asarray(counts, dtype=np.int64)
    p99, longest = percentile(counts), int(values.max())
    width = max(1, math.ceil((p99 + 1) / _BINS))
    edges = list(range(0, p99 + width + 1, width))
    edges[-1] = max(edges[-1], longest + 1)
    return {
        "unit": unit,
        "edges": edges,
        "counts": np.histogram(values, bins=edges)[0].tolist(),
        "median": float(np.median(values)),
        "p99": p99,
        "longest": longest,
        "cut": {"limit": limit, "share": float((values > limit).mean())},
    }


def percentile(counts: Sequence[int]) -> int:
    """The length that 99 of a hundred texts do not exceed."""
    import numpy as np

    return math.ceil(float(np.percentile(counts, 99)))


def _column(folder: Path, split: str, name: str) -> pa.ChunkedArray | None:
    """One column of a split, memory-mapped; None where the split has no rows."""
    import pyarrow as pa

    shards = [entry["filename"] for entry in files.read_json(folder / "rows" / split / "state.json")["_data_files"]]
    tables = [pa.ipc.open_stream(pa.memory_map(str(folder / "rows" / split / shard))).read_all() for shard in shards]
    parts = [chunk for table in tables for chunk in table.column(name).chunks]
    return pa.chunked_array(parts) if parts else None
