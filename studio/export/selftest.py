"""`selftest.json`: held-out inputs with the scores that the export must reproduce on another machine.

The scores come from the studio's own encoding and forward pass, on the network as it was written.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio import files
from studio.arrays import Array
from studio.contracts import Answer, Column, ColumnKind, Task
from studio.data import store as datasets
from studio.errors import ChangedSince
from studio.export.formats._format import Materials, Written
from studio.inference.trained import Trained
from studio.pixels import resized
from studio.tasks._guesses import UNKNOWN
from studio.tasks._masks import gapped

FILE, FOLDER = "selftest.json", "selftest"
INPUTS = 12
_LONG = 2000  # characters; longer texts are left out where there are enough others
_WORDS = (6, 40)  # of a text with a blank: the more of these that can be read
_DIGITS = 7  # of a score: well below what the test allows, and the same each time


def write(materials: Materials, written: Written, folder: Path) -> bool:
    """Write the test; returns whether its inputs are held-out rows of the data, or made up because those are gone."""
    trained = replace(materials.trained, loaded=replace(materials.trained.loaded, model=written.network))
    inputs = trained.plan.task.inputs
    side = trained.plan.spec.enlarged_from or trained.limits.image_size
    try:
        values, real = _held_out(materials, inputs), True
    except ChangedSince:
        values, real = {column.name: _made_up(column, trained.labels, side) for column in inputs}, False
    if not trained.plan.task.labelled:
        values = {name: _asking(trained, name, texts) for name, texts in values.items()}
    encoded = trained.encode(values)
    found, _ = trained.outputs(encoded)
    if inputs[0].kind is ColumnKind.IMAGE:
        values = {inputs[0].name: resized(np.asarray(values[inputs[0].name]), side)}
    rows = zip(*(values[column.name] for column in inputs), strict=True)
    tests = [
        {"input": _shown(inputs, row, place, folder), "scores": _scores(output, note, trained.plan.task)}
        for place, (row, output, note) in enumerate(zip(rows, found, encoded.notes or [None] * len(found), strict=True))
    ]
    files.write_json(folder / FILE, tests)
    return real


def _asking(trained: Trained, name: str, texts: Sequence[str]) -> list[str]:
    """Each text with a blank that lies within what the network reads of it: where it reads little, in fewer words."""
    found = ["___"] * len(texts)
    for words in _WORDS:
        tried = [gapped(text, words) for text in texts]
        asked = trained.encode({name: tried}).targets
        read = [len(asked[row]) > 0 and bool((asked[row] == UNKNOWN).all()) for row in range(len(texts))]
        found = [new if seen else old for new, seen, old in zip(tried, read, found, strict=True)]
    return found


def _held_out(materials: Materials, inputs: Sequence[Column]) -> dict[str, Any]:
    """Inputs spread over the test rows, by column. Raises ChangedSince where the dataset is gone or was changed."""
    from studio.training import build

    folder = build.dataset_folder(materials.run, materials.trained.plan)
    columns = datasets.columns(folder, "test")
    values: dict[str, Any] = {column.name: columns[column.name] for column in inputs}
    rows = len(columns["line"])
    short = [i for i in range(rows) if all(_is_short(cells[i]) for cells in values.values())]
    places = short if len(short) >= INPUTS else list(range(rows))
    if not places:
        raise ChangedSince("There are no held-out rows.")
    chosen = [places[int(i)] for i in np.unique(np.linspace(0, len(places) - 1, INPUTS).astype(int))]
    return {name: _at(cells, chosen) for name, cells in values.items()}


def _is_short(cell: Any) -> bool:
    return not isinstance(cell, str) or len(cell) <= _LONG


def _at(cells: Any, places: Sequence[int]) -> Any:
    return cells[np.array(places)] if isinstance(cells, np.ndarray) else [cells[i] for i in places]


def _made_up(column: Column, labels: Sequence[str], size: int) -> Any:
    """Inputs from nothing but the labels and a fixed seed."""
    match column.kind:
        case ColumnKind.TEXT:
            return [label for label in labels[:INPUTS] if label.strip()] or [column.label]
        case ColumnKind.TOKENS:
            return [[label] for label in labels[:INPUTS] if label.strip()]
        case ColumnKind.IMAGE:
            return np.random.default_rng(0).integers(0, 256, (INPUTS, size, size, 3), dtype=np.uint8)
        case ColumnKind.LABEL | ColumnKind.LABELS | ColumnKind.TAGS | ColumnKind.NUMBER | ColumnKind.ANSWERS:
            raise AssertionError("labels are no input")


def _shown(inputs: Sequence[Column], row: Sequence[Any], place: int, folder: Path) -> Any:
    """The input as `predict.py` takes it: a list of texts where it takes several; an image becomes a file."""
    if inputs[0].kind is not ColumnKind.IMAGE:
        return row[0] if len(row) == 1 else list(row)
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(np.asarray(row[0])).save(content, "PNG")
    name = f"{FOLDER}/{place + 1:02d}.png"
    files.write_bytes(files.make_folder(folder / FOLDER) / Path(name).name, content.getvalue())
    return name


def _scores(output: Array, note: Any, task: Task) -> Any:
    """Probabilities along the last axis, or of each class on its own; a number as it is; shares of the best pieces of a
    text."""
    if task.several:
        return np.round(1 / (1 + np.exp(-output.astype(np.float64))), _DIGITS).tolist()
    if task.answer is Answer.EXCERPT:
        return [round(one["score"], _DIGITS) for one in task.decode(output, note, ())["top"]]
    if task.answer is Answer.WORDS:
        return [round(one["score"], _DIGITS) for best in task.decode(output, note, ())["guesses"] for one in best]
    if task.answer is Answer.NUMBER:
        return np.round(output.astype(np.float64), _DIGITS).tolist()
    logits = output.astype(np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.round(powers / powers.sum(axis=-1, keepdims=True), _DIGITS).tolist()
