"""What a trained model says of rows: each row on its own, so that one that cannot be read never spoils the others.

Knows columns by their kinds, no task by its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from studio import cutting
from studio.arrays import Encoded, Integers
from studio.contracts import UNCLASSED, Column, ColumnKind, Modality
from studio.data import pictures
from studio.data import store as datasets
from studio.errors import DataError
from studio.inference.trained import Trained
from studio.settings import Limits

_IMAGE_BYTES = 200_000_000

Answers = list[dict[str, Any]]


def of_rows(trained: Trained, rows: Sequence[Mapping[str, Any]], limits: Limits) -> Answers:
    """One record per row: the task's answer, or `{"error": ...}` for a row that cannot be read."""
    answers: Answers = [{} for _ in rows]
    read: dict[str, list[Any]] = {column.name: [] for column in trained.plan.task.inputs}
    places, side = [], trained.plan.spec.enlarged_from or trained.limits.image_size
    for place, row in enumerate(rows):
        try:
            named = _named(trained.plan.task.inputs, row)
            cells = {column.name: _cell(trained, column, named, side, limits) for column in trained.plan.task.inputs}
        except DataError as error:
            answers[place] = {"error": str(error)}
            continue
        places.append(place)
        for name, cell in cells.items():
            read[name].append(cell)
    for place, answer in zip(places, of_columns(trained, read), strict=True):
        answers[place] = answer
    return answers


def _named(inputs: Sequence[Column], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row with its texts under the names of the inputs; `text` and `text_b` are the first and the second of any."""
    texts = [column.name for column in inputs if column.kind is ColumnKind.TEXT]
    given = {name: row[usual] for name, usual in zip(texts, ("text", "text_b"), strict=False) if usual in row}
    return given | dict(row)


def _cell(trained: Trained, column: Column, row: Mapping[str, Any], size: int, limits: Limits) -> Any:
    """The row's value for an input column. Raises DataError in words."""
    match column.kind:
        case ColumnKind.TEXT:
            return _text(row.get(column.name), column.label)
        case ColumnKind.TOKENS:
            words = row.get(column.name)
            if words is None and "text" in row:
                return cutting.words(_text(row["text"], "text"), trained.characters)
            if not isinstance(words, list) or not words or not all(isinstance(w, str) and w.strip() for w in words):
                raise DataError("The row has no words, or an empty one among them.")
            return words
        case ColumnKind.IMAGE:
            return pictures.square(_image_bytes(row.get(column.name)), size, limits.image_pixels)
        case ColumnKind.LABEL | ColumnKind.LABELS | ColumnKind.TAGS | ColumnKind.NUMBER | ColumnKind.ANSWERS:
            raise AssertionError("labels are no input")


def _text(value: Any, label: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"The row has no {label.lower()}.")
    if not value.strip():
        raise DataError(f"The {label.lower()} is empty.")
    return value.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character


def _image_bytes(path: Any) -> bytes:
    if not isinstance(path, str):
        raise DataError("The row has no image.")
    try:
        if Path(path).stat().st_size > _IMAGE_BYTES:
            raise DataError(f"The file is larger than {_IMAGE_BYTES // 10**6} MB.")
        return Path(path).read_bytes()
    except (OSError, ValueError):
        raise DataError("There is no image file at this path, or it cannot be read.") from None


def of_columns(trained: Trained, columns: Mapping[str, Sequence[Any]]) -> Answers:
    """The answers to rows that are in canonical form already."""
    if not len(next(iter(columns.values()))):
        return []
    task = trained.plan.task
    encoded = trained.encode({column.name: columns[column.name] for column in task.inputs})
    found, _ = trained.outputs(encoded)
    known = encoded.notes or [None] * len(found)
    answers = [task.decode(output, note, trained.labels) for output, note in zip(found, known, strict=True)]
    if task.modality is Modality.TEXT:
        unknown, read = _unknown_shares(encoded, trained.loaded.processor), _read_shares(trained, columns, encoded)
        for answer, share, own in zip(answers, unknown, read, strict=True):
            answer |= {"unknown_share": round(share, 4)} | ({"read_share": own} if own < 1 else {})
    for column in task.inputs:
        if column.kind is ColumnKind.TOKENS:
            for answer, words, output in zip(answers, columns[column.name], found, strict=True):
                answer |= _words(trained, list(words), len(output))
    if task.refuse is None:
        return answers
    rows = (dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))
    refused = (task.refuse(row, note) for row, note in zip(rows, known, strict=True))
    return [{"error": why} if why else answer for why, answer in zip(refused, answers, strict=True)]


def _unknown_shares(encoded: Encoded, tokenizer: Any) -> list[float]:
    """The share of each text's tokens that the tokenizer does not know."""
    unknown = tokenizer.unk_token_id
    if unknown is None:
        return [0.0] * len(encoded)
    others = [token for token in tokenizer.all_special_ids if token != unknown]
    shares = []
    for ids in encoded.inputs["input_ids"]:
        kept = ids[~np.isin(ids, others)]
        shares.append(float((kept == unknown).mean()) if len(kept) else 0.0)
    return shares


def _read_shares(trained: Trained, columns: Mapping[str, Sequence[Any]], encoded: Encoded) -> list[float]:
    """The share of each text's tokens that is read, in hundredths: less than 1 where its end is cut off."""
    from studio.training import reading

    task, tokenizer = trained.plan.task, trained.loaded.processor
    texts = {column.name: columns[column.name] for column in task.inputs}
    missed = reading.unread(task, texts, encoded, tokenizer, trained.limits)
    added = int(tokenizer.num_special_tokens_to_add(pair=len(task.inputs) > 1))
    read = np.maximum(1, encoded.lengths - added)  # of a text without tokens all is read
    return [int(100 * r // (m + r)) / 100 for m, r in zip(missed, read, strict=True)]


def _words(trained: Trained, words: list[str], tagged: int) -> dict[str, Any]:
    """The words that the tags stand for; `unread` counts those cut off, or of which the tokenizer keeps nothing."""
    if tagged == len(words):
        return {"tokens": words}
    encoding = trained.loaded.processor(
        words, is_split_into_words=True, truncation=True, max_length=trained.limits.max_length
    )
    read = sorted({word for word in encoding.word_ids() if word is not None})
    return {"tokens": [words[word] for word in read], "unread": len(words) - len(read)}


def of_dataset(trained: Trained, folder: Path, start: int, stop: int) -> Answers:
    """The answers to rows `start` to `stop` of a dataset, counted through all splits, each with its `line`."""
    answers: Answers = []
    first = 0
    for columns in _splits(folder):
        begin, end = max(0, start - first), stop - first
        first += len(columns["line"])
        part = {name: values[begin : max(begin, end)] for name, values in columns.items()}
        for line, answer in zip(part["line"], of_columns(trained, part), strict=True):
            answers.append({"line": line} | answer)
    return answers


def _splits(folder: Path) -> Iterator[Mapping[str, Sequence[Any]]]:
    """The columns of every split that has rows."""
    for split, count in datasets.read(folder).splits.items():
        if count:
            yield datasets.columns(folder, split)


def scores(trained: Trained, folder: Path) -> dict[str, Any]:
    """The metrics of all rows of a dataset that was read for the run's task; labels are matched by name.

    Rows with a label that the model does not know are left out, and counted by label.
    """
    from studio.training import evaluate

    task, labels = trained.plan.task, trained.labels
    record = datasets.read(folder)
    if record.task != task.name:
        raise DataError(f"The rows were read for another task than the model's, {task.label.lower()}.")
    columns = _all_rows(folder)
    given = columns[task.target.name]
    unclassed = task.target.kind in UNCLASSED
    kept, ids, unknown = _all(given) if unclassed else _known(given, record.label_names, labels)
    if not len(kept):
        raise DataError(
            "None of the rows has a label that the model knows.",
            why=f"It knows {', '.join(labels[:20])}; the rows have {', '.join(record.label_names[:20])}.",
            next="Check which column holds the labels.",
        )
    inputs = {column.name: _taken(columns[column.name], kept) for column in task.inputs}
    encoded = trained.encode(inputs | {task.target.name: ids})
    found, loss = trained.outputs(encoded)
    interval = evaluate.interval(task, found, encoded, labels, trained.plan.training.seed)
    measured = evaluate.metrics(task, found, encoded, labels, loss) | {"main": task.metric, "interval": interval}
    named = [{"name": name, "count": count} for name, count in sorted(unknown.items())]
    return {"metrics": measured, "unknown_labels": named, "unknown_rows": len(columns["line"]) - len(kept)}


def _all_rows(folder: Path) -> dict[str, Any]:
    parts = list(_splits(folder))
    if len(parts) == 1:
        return dict(parts[0])
    return {
        name: np.concatenate([part[name] for part in parts])
        if isinstance(parts[0][name], np.ndarray)
        else [value for part in parts for value in part[name]]
        for name in parts[0]
    }


def _all(targets: Sequence[Any]) -> tuple[Integers, list[Any], Counter[str]]:
    """The same where there are no classes, of which one could be unknown."""
    return np.arange(len(targets)), list(targets), Counter()


def _known(
    targets: Sequence[Any], names: Sequence[str], labels: Sequence[str]
) -> tuple[Integers, list[Any], Counter[str]]:
    """Which rows have only labels that the model knows, their class ids in the model, and rows by unknown label."""
    ids = {label: i for i, label in enumerate(labels)}
    kept, mapped, unknown = [], [], Counter[str]()
    for place, target in enumerate(targets):
        own = target if isinstance(target, list) else [target]
        strange = {names[i] for i in own if names[i] not in ids}
        unknown.update(strange)
        if not strange:
            kept.append(place)
            classes = [ids[names[i]] for i in own]
            mapped.append(classes if isinstance(target, list) else classes[0])
    return np.array(kept, dtype=np.int64), mapped, unknown


def _taken(values: Any, kept: Integers) -> Any:
    if len(kept) == len(values):
        return values
    return values[kept] if isinstance(values, np.ndarray) else [values[int(i)] for i in kept]
