"""Rows with suspected wrong labels: looked for in a process of its own, kept beside the dataset, shown with inputs.

`suspects.json` of a dataset's folder holds the last answer. It says nothing of another dataset: a mended copy has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio import drafts, files
from studio.contracts import ColumnKind
from studio.data import store
from studio.data.store import DatasetRecord
from studio.errors import WrongState
from studio.plan import Wish
from studio.runs import jobs
from studio.settings import Settings
from studio.tasks import TASKS

Data = dict[str, Any]

NAME = "suspects.json"


def look(settings: Settings, record: DatasetRecord, model: str | None, report: Callable[[Data], None]) -> Data:
    """Look through the labels of a dataset. Raises WrongState where rows have no label of their own, what a plan
    raises, and TrainingError."""
    if TASKS[record.task].target.kind is not ColumnKind.LABEL:
        raise WrongState(
            "Wrong labels are looked for where each row has one class.",
            why=f"The dataset '{record.name}' was read for {TASKS[record.task].label.lower()}.",
        )
    spec = drafts.draw_up(settings, record.id, model, Wish(method="head")).spec
    found = jobs.suspects(settings.runs, spec, report)
    files.write_json(settings.datasets / record.id / NAME, found)
    return found


def known(settings: Settings, record: DatasetRecord) -> Data | None:
    """What was found when the labels were last looked through; None where they were not."""
    with suppress(OSError, ValueError):
        found = files.read_json(settings.datasets / record.id / NAME)
        if isinstance(found, dict) and isinstance(found.get("suspects"), list):
            return found
    return None


def shown(settings: Settings, record: DatasetRecord, found: Data, start: int, stop: int) -> list[Data]:
    """Suspects `start` to `stop` of an answer with their `input` (a text, or the number of an image), `line` and
    `split`."""
    task, folder = TASKS[record.task], settings.datasets / record.id
    columns = [column.name for column in task.inputs]
    return [one | _row(folder, record, columns, int(one["row"])) for one in found["suspects"][start:stop]]


def _row(folder: Path, record: DatasetRecord, columns: Sequence[str], row: int) -> Data:
    for split in store.SPLITS:
        if row < record.splits[split]:
            cells = store.read_rows(folder, split, row, row + 1)
            inputs = [cells[column][0] for column in columns]
            shown = inputs[0] if len(inputs) == 1 else " | ".join(map(str, inputs))
            return {"input": shown, "line": cells["line"][0], "split": split}
        row -= record.splits[split]
    raise WrongState("The rows that were looked through are not those of the dataset.", next="Look through them again.")
