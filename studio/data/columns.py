"""Which column plays which role, where nobody has said so.

Asks the tasks for the kinds of columns they need; knows no task by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from studio.contracts import Column, ColumnKind, Task
from studio.data.formats._records import Table
from studio.data.formats._spool import Cells
from studio.data.notes import note
from studio.data.numbers import INDICATORS, is_number
from studio.data.splits import ALIASES
from studio.data.store import ColumnUse, Finding
from studio.errors import InvalidOption, MissingColumn

_SPLIT_NAMES = ("split", "set", "subset", "partition")
_STARTS = ("answer_starts", "answer_start", "answers_answer_start", "answers_start", "starts", "start")
_SAMPLE = 5_000
_LONGEST_LABEL = 60
_DECIMAL = re.compile(r"^[+-]?\d+[.,]\d*[1-9]\d*$")
_TEXT_LENGTH = 20  # characters of the average text; shorter ones are names and codes
_NUMBERS = 0.9  # share of a column's cells that are numbers where it holds numbers to learn
_DECIMAL_VALUES = 10  # more different decimal numbers than this are a measure, not classes


@dataclass(frozen=True)
class Roles:
    """The task, the column of each of its roles, the column that names the split, the one whose texts are joined to
    those of the first (or None), and the one that says where answers begin (or None)."""

    task: Task
    columns: Mapping[str, str]
    split: str | None
    join: str | None = None
    starts: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that make the first input."""
        first = self.columns[self.task.inputs[0].name]
        return (first,) if self.join is None else (first, self.join)

    @property
    def others(self) -> dict[str, str]:
        """The columns of further inputs, by role."""
        return {column.name: self.columns[column.name] for column in self.task.inputs[1:]}

    def uses(self, names: Sequence[str]) -> list[ColumnUse]:
        """Every column of the file with its role, as the dataset's record keeps it."""
        roles = {column: role for role, column in self.columns.items()}
        for extra, column in (("split", self.split), ("join", self.join), ("starts", self.starts)):
            if column is not None:
                roles[column] = extra
        return [ColumnUse(name=name, role=roles.get(name)) for name in names]


@dataclass(frozen=True)
class _Profile:
    """What the cells of a column look like, from a sample."""

    lists: bool
    length: float
    distinct: int
    filled: int
    share: float  # of all cells that are filled
    numbers: float
    decimals: bool
    indicator: bool


def choose(table: Table, task: Task, named: Mapping[str, str]) -> Roles:
    """The column of each role: as named, else by its header, else by its content.

    Raises InvalidOption (a name that is not there) or MissingColumn, both with the list of columns.
    """
    names = list(table.columns)
    taken = {role: _find(column, names, role) for role, column in named.items()}
    roles = {column.name for column in task.columns}
    for role in taken:
        if role not in roles and role not in extras(task):
            raise InvalidOption(
                f"The task '{task.label}' has no column '{role}'.", why=f"Its columns: {', '.join(sorted(roles))}."
            )
    split = taken.pop("split", None) or _split_column(table, set(taken.values()))
    join, starts = taken.pop("join", None), taken.pop("starts", None)
    used = [*taken.values(), *(column for column in (split, join, starts) if column is not None)]
    if len(set(used)) < len(used):
        raise InvalidOption("One column cannot play two roles.", why=f"Columns: {', '.join(names)}.")
    free = [name for name in names if name not in used]
    for found in (by_name, _by_word):
        for column in task.columns:
            match = found(column, free) if column.name not in taken else None
            if match is not None:
                taken[column.name] = match
                free.remove(match)
    profiles = {name: profile_of(table.columns[name]) for name in free}
    for column in task.columns:
        if column.name not in taken:
            taken[column.name] = _by_content(column, profiles, names)
            profiles.pop(taken[column.name])
    if starts is None and "starts" in extras(task):
        starts = next((name for alias in _STARTS for name in free if name in profiles and _plain(name) == alias), None)
    ordered = _in_order({column.name: taken[column.name] for column in task.columns}, free, task)
    return Roles(task, ordered, split, join, starts)


def extras(task: Task) -> tuple[str, ...]:
    """What a column can be beside a task's roles."""
    answers = any(column.kind is ColumnKind.ANSWERS for column in task.columns)
    return ("split", *(["join"] if joinable(task) else []), *(["starts"] if answers else []))


def joinable(task: Task) -> bool:
    """Whether the text of a second column can be put behind the task's: it has one text and no place for another."""
    return len(task.inputs) == 1 and task.inputs[0].kind is ColumnKind.TEXT


def _in_order(taken: dict[str, str], guessed: Sequence[str], task: Task) -> dict[str, str]:
    """The columns by role; inputs of one kind that the content alone decided stand as they do in the file."""
    roles = [column.name for column in task.inputs]
    if len({column.kind for column in task.inputs}) == 1 and {taken[role] for role in roles} <= set(guessed):
        taken |= zip(roles, sorted((taken[role] for role in roles), key=list(guessed).index), strict=True)
    return taken


def by_header(column: Column, names: Sequence[str]) -> str | None:
    """The column that has the name of a role, or has it among its words."""
    return by_name(column, names) or _by_word(column, names)


def _find(wanted: str, names: Sequence[str], role: str) -> str:
    for same in (lambda name: name == wanted, lambda name: _plain(name) == _plain(wanted)):
        found = [name for name in names if same(name)]
        if found:
            return found[0]
    raise InvalidOption(
        f"There is no column '{wanted}' for {role}.", why=f"Columns: {', '.join(names)}.", next="Name one of these."
    )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def by_name(column: Column, free: Sequence[str]) -> str | None:
    for alias in (column.name, *column.aliases):
        for name in free:
            if _plain(name) == alias:
                return name
    return None


def _by_word(column: Column, free: Sequence[str]) -> str | None:
    """A header such as "review text" that has a usual name among its words; "text id" is a number, not a text."""
    for alias in (column.name, *column.aliases):
        for name in free:
            words = _plain(name).split("_")
            if alias in words and not {"id", "number", "count", "length"} & set(words):
                return name
    return None


def _by_content(column: Column, profiles: Mapping[str, _Profile], names: Sequence[str]) -> str:
    fitting = {name: _fit(column, profile, len(profiles)) for name, profile in profiles.items()}
    best = max(fitting, key=lambda name: fitting[name], default=None)
    if column.kind is ColumnKind.LABEL and len(several := [n for n, p in profiles.items() if p.indicator]) > 1:
        raise MissingColumn(
            f"The columns {', '.join(several[:10])} hold nothing but 0 and 1, so a row may have several labels.",
            why="This task learns one label for each row.",
            next=f"Name one of them with --option {column.name}=COLUMN to learn yes or no. For all of them, choose a"
            " task with several labels.",
        )
    if best is None or fitting[best] <= 0:
        scores = [name for name, p in profiles.items() if p.decimals] if column.kind is ColumnKind.LABEL else []
        said = f" The numbers of '{scores[0]}' are scores and no classes." if scores else ""
        raise MissingColumn(
            f"No column looks like the {column.label.lower()}.",
            why=f"Columns: {', '.join(names[:30])}.{said}",
            next=f"Name it with --option {column.name}=COLUMN, if one of these is meant.",
        )
    return best


def _fit(column: Column, profile: _Profile, left: int) -> float:
    """How well a column suits a role; 0 or less is not at all."""
    if column.kind is ColumnKind.ANSWERS:
        return 0.0  # what is an answer shows in its header alone
    if column.kind in (ColumnKind.TOKENS, ColumnKind.TAGS):
        few = 1.0 / (1 + profile.distinct)
        return float(profile.lists) * (few if column.kind is ColumnKind.TAGS else 1.0 - few)
    if column.kind is ColumnKind.LABELS and profile.lists:
        return 1.0 + profile.share
    if profile.lists or profile.filled == 0:
        return 0.0
    if column.kind is ColumnKind.TEXT:
        return profile.length * (1.0 - profile.numbers)
    if column.kind is ColumnKind.NUMBER:
        return profile.share * (1 + profile.decimals) if profile.numbers > _NUMBERS and profile.distinct > 1 else 0.0
    if profile.decimals or profile.length > _LONGEST_LABEL:
        return 0.0
    if profile.distinct < 2 or profile.distinct > max(2, profile.filled // 2):
        return 1e-9 if left == 1 and profile.distinct < 2 else 0.0
    return profile.share / profile.distinct


def profile_of(cells: Cells) -> _Profile:
    sample = cells[:: max(1, len(cells) // _SAMPLE)]
    filled = [cell for cell in sample if cell]
    share = len(filled) / max(1, len(sample))
    if cells.lists:
        values = {value for cell in filled for value in cell}
        return _Profile(True, 0.0, len(values), len(filled), share, 0.0, False, False)
    texts = [cell for cell in filled if isinstance(cell, str)]
    distinct = set(texts)
    decimal = {value for value in distinct if _DECIMAL.match(value)}
    return _Profile(
        lists=False,
        length=sum(map(len, texts)) / max(1, len(texts)),
        distinct=len(distinct),
        filled=len(texts),
        share=share,
        numbers=sum(is_number(text) for text in texts) / max(1, len(texts)),
        decimals=len(decimal) > _DECIMAL_VALUES and len(decimal) * 2 > len(distinct),
        indicator=len(distinct) == 2 and any(distinct == set(pair) for pair in INDICATORS),
    )


def second_text(table: Table, roles: Roles) -> list[Finding]:
    """What to say of a further column of texts that nothing is made of: it can be joined to the first."""
    if roles.join is not None or not joinable(roles.task):
        return []
    first = profile_of(table.columns[roles.inputs[0]])
    used = {*roles.columns.values(), roles.split}
    others = {name: profile_of(cells) for name, cells in table.columns.items() if name not in used}
    alike = [
        name
        for name, other in others.items()
        if not other.lists and other.numbers < 0.5 and other.share > 0.5 and other.length > _TEXT_LENGTH
        if other.distinct * 2 > other.filled and other.length * 20 > first.length
    ]
    if not alike:
        return []
    message = (
        f"The column '{alike[0]}' holds texts too. To read both as one text, name it as the column to join; to compare"
        " them, choose a task for pairs of texts."
    )
    return [note("second_text", message, len(alike), alike)]


def _split_column(table: Table, taken: set[str]) -> str | None:
    """A column called "split" or the like that says train, valid or test throughout."""
    for name, cells in table.columns.items():
        if name in taken or cells.lists or _plain(name) not in _SPLIT_NAMES:
            continue
        values = {cell.strip().lower() for cell in pc.unique(cells.arrow).to_pylist()} - {""}
        if values and values <= set(ALIASES):
            return name
    return None
