"""Which task a file is for, where nobody has said so: by the kinds of columns it holds, their headers, and numbers.

Asks the tasks for the columns they need; knows no task by name.
"""

from __future__ import annotations

from collections.abc import Collection

from studio.contracts import ColumnKind, Task
from studio.data.answered import looks_placed
from studio.data.columns import by_header, by_name, profile_of
from studio.data.formats._records import Images, Table
from studio.data.indicators import together
from studio.data.listed import MARK, come_back
from studio.errors import MissingColumn
from studio.tasks import TASKS

_ALONE = "text"  # the only column of a file of plain texts
_LOOKED = 5_000  # rows that are looked at
_LIKE_LABELS = (ColumnKind.NUMBER, ColumnKind.LABELS)


def task_for(content: Table | Images, name: str | None, roles: Collection[str] = ()) -> Task:
    """The named task, or of those that have these roles and whose kinds of columns the content has the one that says
    most of it: with the most inputs that headers name, then with numbers to learn where there is a measure, or several
    labels where rows have them. Raises UnknownName, MissingColumn."""
    available = _kinds(content)
    if name is None:
        if isinstance(content, Table) and list(content.columns) == [_ALONE]:
            return next(task for task in TASKS.values() if not task.labelled)
        fitting = [task for task in TASKS.values() if _kinds_of(task) == available or _placed(content, task)]
        able = [task for task in fitting if {c.name for c in task.columns}.issuperset(roles)]
        return max(able or fitting, key=lambda task: (_named_inputs(content, task), _suits(content, task)))
    task = TASKS[name]
    placed = task.target.kind is ColumnKind.ANSWERS and isinstance(content, Table)
    plain = not task.labelled and _kinds_of(task) <= available
    if _kinds_of(task) != available and not placed and not plain:
        wanted = " and ".join(column.label.lower() for column in task.columns)
        raise MissingColumn(
            f"The data do not suit the task '{task.label}'.",
            why=f"It needs {wanted}; the data hold {_held(content)}.",
            next=f"Leave the task out, or import data for it. Tasks: {', '.join(TASKS)}.",
        )
    return task


def _placed(content: Table | Images, task: Task) -> bool:
    """Whether the content is of questions, texts, and answers that stand in them."""
    return task.target.kind is ColumnKind.ANSWERS and isinstance(content, Table) and looks_placed(content, task)


def _named_inputs(content: Table | Images, task: Task) -> int:
    """How many inputs a task of several has, where each has a column of its usual name; 1 for other tasks, or 0."""
    if len(task.inputs) == 1:
        return 1
    names = [] if isinstance(content, Images) else list(content.columns)
    found = {by_name(column, names) for column in task.inputs}
    return len(task.inputs) if None not in found and len(found) == len(task.inputs) else 0


def _suits(content: Table | Images, task: Task) -> int:
    """1 for a task of classes; for others 2 where the targets are what such a task learns, else 0."""
    match task.target.kind:
        case ColumnKind.NUMBER:
            return _measured(content, task)
        case ColumnKind.LABELS:
            return 2 * (_marked(content) if isinstance(content, Images) else _several(content, task))
        case _:
            return 1


def _marked(images: Images) -> bool:
    """Whether a labels file gives lists of labels to images, and not always of one."""
    found = [item.label for item in images.items[:_LOOKED]]
    return all(label.startswith(MARK) for label in found) and any(label.count(MARK) != 1 for label in found)


def _several(table: Table, task: Task) -> bool:
    """Whether rows have several labels: lists that are not always of one, in a column called like labels; or, where no
    column is called like a label, a column called like several whose parts come back in other rows, or columns of 0 and
    1 that are 1 together."""
    columns, one = table.columns, [t.target for t in TASKS.values() if t.target.kind is ColumnKind.LABEL]
    named = by_header(task.target, list(columns))
    if named is not None and columns[named].lists:
        return any(len(cell) != 1 for cell in columns[named][:_LOOKED])
    if any(by_name(label, list(columns)) for label in one):
        return False
    if named is not None:
        return come_back(columns[named][:_LOOKED])
    return together(table)


def _measured(content: Table | Images, task: Task) -> int:
    """For a task of numbers 2 where decimal numbers stand under a header of such, or beside two
    texts, and no other column has the header of a label; else 0."""
    columns = {} if isinstance(content, Images) else content.columns
    measures = [name for name, cells in columns.items() if not cells.lists and profile_of(cells).decimals]
    others = [name for name in columns if name not in measures]
    labels = [other.target for other in TASKS.values() if other.head is task.head and other.target != task.target]
    if any(by_name(label, others) for label in labels):
        return 0
    return 2 * bool(measures and (len(task.inputs) > 1 or by_header(task.target, measures)))


def _kinds_of(task: Task) -> set[ColumnKind]:
    """The kinds of columns a task needs; a column that can be read as labels may hold several or numbers as well."""
    return {ColumnKind.LABEL if c.kind in _LIKE_LABELS else c.kind for c in task.columns}


def _kinds(content: Table | Images) -> set[ColumnKind]:
    if isinstance(content, Images):
        return {ColumnKind.IMAGE, ColumnKind.LABEL}
    lists = [name for name, cells in content.columns.items() if cells.lists]
    return {ColumnKind.TOKENS, ColumnKind.TAGS} if len(lists) > 1 else {ColumnKind.TEXT, ColumnKind.LABEL}


def _held(content: Table | Images) -> str:
    if isinstance(content, Images):
        return "images"
    return "words and tags" if ColumnKind.TOKENS in _kinds(content) else "texts"
