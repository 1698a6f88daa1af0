"""How a file is read, as the fields of a form: task, columns, splits and reading options.

Pure: from a dataset's record to the values the fields show, and from the values a browser sends to what is to be read
differently. Knows no Gradio.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.api import Studio
from studio.ui.shared import Data
from studio.ui.words import Say

SPLIT, JOIN = "split", "join"  # what a column can be beside a task's roles
CELLS = ("delimiter", "header", "sheet", "ragged")  # how a table is read; "" is "found out"
DECIMAL = "decimal"  # the mark before decimals, where a number is learned
TABLE = ("encoding", *CELLS, DECIMAL)
READING = (*TABLE, "seed")
PICTURES = ("encoding", "seed", "image_size")  # how images are read: the encoding is that of names in archives
ENCODINGS = (
    *("utf-8", "utf-16", "utf-32", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "latin-1"),
    *("mac_roman", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8-r"),
)
DELIMITERS = ("comma", "semicolon", "tab", "bar")
_LONGEST = 300  # characters of a value


@dataclass(frozen=True)
class Shape:
    """The columns of a task: the role and the kind of what is read and of what is learned ("" where nothing is known of
    the texts)."""

    inputs: tuple[str, ...]
    target: str
    kinds: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def input(self) -> str:
        return self.inputs[0]

    @property
    def roles(self) -> tuple[str, ...]:
        return (*self.inputs, self.target) if self.target else self.inputs

    @property
    def _learned(self) -> str:
        return self.kinds.get(self.target, "")

    @property
    def pictured(self) -> bool:
        """Whether rows are images."""
        return self.kinds[self.input] == "image"

    @property
    def numeric(self) -> bool:
        """Whether a number is learned."""
        return self._learned == "number"

    @property
    def several(self) -> bool:
        """Whether a row may have several labels."""
        return self._learned == "labels"

    @property
    def answering(self) -> bool:
        """Whether pieces of the text are learned."""
        return self._learned == "answers"

    @property
    def joinable(self) -> bool:
        """Whether a second column of texts can be put behind the first: not where it has a place of its own."""
        return self.kinds[self.input] == "text" and len(self.inputs) == 1

    @property
    def tagged(self) -> bool:
        """Whether each word has an answer of its own."""
        return self._learned == "tags"


@dataclass(frozen=True)
class Change:
    """What is to be read differently, as `choices.correct` takes it; empty when nothing is."""

    task: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None

    def __bool__(self) -> bool:
        return bool(self.task or self.options or self.name)


def shape(studio: Studio, task: str) -> Shape:
    """Raises UnknownName for a task that does not exist."""
    roles = studio.choices.roles(task)
    kinds = {str(role["role"]): str(role["kind"]) for role in roles}
    labels = {str(role["role"]): str(role["label"]) for role in roles}
    targets = ("label", "labels", "tags", "number", "answers")
    target = next((role for role, kind in kinds.items() if kind in targets), "")
    return Shape(tuple(role for role in kinds if role != target), target, kinds, labels)


def task_label(studio: Studio, name: str, say: Say) -> str:
    """A task in words."""
    english = next((str(task["label"]) for task in studio.tasks() if task["name"] == name), name)
    return say.core(f"task.{name}", english)


def every_role(studio: Studio) -> dict[str, str]:
    """Role to label over all tasks: inputs first, then what is learned."""
    shapes = [shape(studio, str(task["name"])) for task in studio.tasks()]
    inputs = {role: found.labels[role] for found in shapes for role in found.inputs}
    return inputs | {found.target: found.labels[found.target] for found in shapes if found.target}


def shown(dataset: Data) -> dict[str, str]:
    """What each field says of a dataset as it is; a field that is not here says nothing."""
    options = dataset["options"]
    used = {column["role"]: column["name"] for column in dataset["columns"] if column["role"]}
    values = {"name": dataset["name"], "task": dataset["task"], SPLIT: "", JOIN: "", "seed": "0"}
    if dataset["image_size"] is not None:
        return values | {"image_size": str(dataset["image_size"])} | _given(options, ("encoding", "seed"))
    return values | used | _given(options, READING)


def _given(options: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: options[name] for name in names if options.get(name)}


def change(dataset: Data, form: Shape, asked: Mapping[str, Any]) -> Change:
    """What the fields ask for that the dataset is not. `form` is the shape of the task asked for.

    Once anything about the columns is different, every column that the form shows is named, so that nothing else is
    found out anew behind the user's back.
    """
    before = shown(dataset)
    now = {name: as_text(value) for name, value in asked.items()}
    task = now.get("task") or dataset["task"]
    fields = PICTURES if form.pictured else (SPLIT, JOIN, *READING)
    options = {name: now[name] for name in fields if name in now and now[name] != before.get(name, "")}
    roles = () if form.pictured else form.roles
    columns = {role: now.get(role, "") for role in roles}
    if task != dataset["task"]:
        options |= {role: column for role, column in columns.items() if column}
    elif any(column != before.get(role, "") for role, column in columns.items()):
        options |= columns
    name = now.get("name", "")
    return Change(
        task if task != dataset["task"] else None, options, name if name and name != dataset["name"] else None
    )


def named(asked: Mapping[str, Any], unused: Collection[str] = ()) -> dict[str, str]:
    """The options of a first import: every field that says something, but for the columns of other tasks."""
    now = {name: as_text(value) for name, value in asked.items() if name not in ("task", "name", *unused)}
    return {name: value for name, value in now.items() if value}


def as_text(value: object) -> str:
    """A field's value as an import option: a browser may send anything."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return value[:_LONGEST] if isinstance(value, str) else ""
