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
from studio.contracts import Column, ColumnKind
from studio.data import store as datasets
from studio.errors import ChangedSince
from studio.export.formats._format import Materials, Written

FILE, FOLDER = "selftest.json", "selftest"
INPUTS = 12
_LONG = 2000  # characters; longer texts are left out where there are enough others
_DIGITS = 7  # of a score: well below what the test allows, and the same each time


def write(materials: Materials, written: Written, folder: Path) -> bool:
    """Write the test; returns whether its inputs are held-out rows of the data, or made up because those are gone."""
    trained = replace(materials.trained, loaded=replace(materials.trained.loaded, model=written.network))
    column = trained.plan.task.inputs[0]
    try:
        values, real = _held_out(materials, column), True
    except ChangedSince:
        values, real = _made_up(column, trained.labels, trained.limits.image_size), False
    encoded = trained.encode({column.name: values})
    found, _ = trained.outputs(encoded)
    shown = encoded.inputs["pixel_values"] if column.kind is ColumnKind.IMAGE else values
    tests = [
        {"input": _shown(column, value, place, folder), "scores": _scores(output)}
        for place, (value, output) in enumerate(zip(shown, found, strict=True))
    ]
    files.write_json(folder / FILE, tests)
    return real


def _held_out(materials: Materials, column: Column) -> Any:
    """Inputs spread over the test rows. Raises ChangedSince where the dataset is gone or was changed."""
    from studio.training import build

    folder = build.dataset_folder(materials.run, materials.trained.plan)
    values: Any = datasets.columns(folder, "test")[column.name]
    short = [i for i in range(len(values)) if not isinstance(values[i], str) or len(values[i]) <= _LONG]
    places = short if len(short) >= INPUTS else list(range(len(values)))
    if not places:
        raise ChangedSince("There are no held-out rows.")
    chosen = [places[int(i)] for i in np.unique(np.linspace(0, len(places) - 1, INPUTS).astype(int))]
    return values[np.array(chosen)] if isinstance(values, np.ndarray) else [values[i] for i in chosen]


def _made_up(column: Column, labels: Sequence[str], size: int) -> Any:
    """Inputs from nothing but the labels and a fixed seed."""
    match column.kind:
        case ColumnKind.TEXT:
            return [label for label in labels[:INPUTS] if label.strip()]
        case ColumnKind.TOKENS:
            return [[label] for label in labels[:INPUTS] if label.strip()]
        case ColumnKind.IMAGE:
            return np.random.default_rng(0).integers(0, 256, (INPUTS, size, size, 3), dtype=np.uint8)
        case ColumnKind.LABEL | ColumnKind.TAGS:
            raise AssertionError("labels are no input")


def _shown(column: Column, value: Any, place: int, folder: Path) -> Any:
    """The input as `predict.py` takes it; an image becomes a file."""
    if column.kind is not ColumnKind.IMAGE:
        return value
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(np.asarray(value)).save(content, "PNG")
    name = f"{FOLDER}/{place + 1:02d}.png"
    files.write_bytes(files.make_folder(folder / FOLDER) / Path(name).name, content.getvalue())
    return name


def _scores(output: Array) -> Any:
    """Probabilities along the last axis."""
    logits = output.astype(np.float64)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.round(powers / powers.sum(axis=-1, keepdims=True), _DIGITS).tolist()
