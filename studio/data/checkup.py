"""What is odd about a dataset: findings over its canonical rows, and the order to mend them.

Findings are computed in the importer process. `mend` runs anywhere: it has a new importer process write a mended copy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio.contracts import ColumnKind
from studio.data import runner
from studio.data.checks import CHECKS
from studio.data.checks._look import Look
from studio.data.store import DatasetRecord, Finding
from studio.errors import InvalidOption
from studio.identifiers import new_id
from studio.settings import Settings
from studio.tasks import TASKS

if TYPE_CHECKING:
    from studio.data.rows import Rows

CODES = frozenset(CHECKS)  # the findings over rows; all others come from reading the files
_MENDED = " (mended)"


def findings(rows: Rows, pixels: NDArray[np.uint8] | None = None) -> list[Finding]:
    """Everything noticed, worst first. `pixels` [m, size, size, 3] is what the rows' image column points into."""
    look = Look(rows, pixels)
    found = [finding for check in CHECKS.values() if (finding := check.find(look)) is not None]
    return sorted(found, key=lambda finding: ("error", "warning", "info").index(finding.severity))


def mend(
    settings: Settings, record: DatasetRecord, codes: Sequence[str], report: Callable[[dict[str, Any]], None]
) -> DatasetRecord:
    """A mended copy of a dataset; the original stays as it is. Raises InvalidOption for a code the dataset lacks."""
    mendable = [finding.fix for finding in record.findings if finding.fix]
    for code in codes:
        if code not in mendable:
            known = f"This dataset has: {', '.join(mendable)}." if mendable else "This dataset has nothing to mend."
            raise InvalidOption(f"There is nothing to mend under '{code}'.", why=known)
    if not codes:
        raise InvalidOption("Nothing was named that is to be mended.", why=f"This dataset has: {', '.join(mendable)}.")
    return _mended(settings, record, {"codes": list(dict.fromkeys(codes))}, report)


def correct(
    settings: Settings,
    record: DatasetRecord,
    corrections: Mapping[int, str | None],
    report: Callable[[dict[str, Any]], None],
) -> DatasetRecord:
    """A copy of a dataset with other classes for some rows; None takes a row out.

    Rows are counted from 0 over train, valid and test. Raises InvalidOption for a row or a class that is not there,
    and where rows have no class of their own.
    """
    if TASKS[record.task].target.kind is not ColumnKind.LABEL:
        raise InvalidOption(
            "Only rows with one class each can be corrected here.", next="Correct the file, then import it again."
        )
    for row, label in corrections.items():
        if not 0 <= row < record.rows:
            raise InvalidOption(f"There is no row {row}.", why=f"The dataset has {record.rows:,}, counted from 0.")
        if label is not None and label not in record.label_names:
            raise InvalidOption(f"There is no class '{label}'.", next="Name a class that the dataset has.")
    if not corrections:
        raise InvalidOption("No row was named that is to be corrected.")
    changes = {str(row): label for row, label in corrections.items()}
    return _mended(settings, record, {"codes": [], "corrections": changes}, report)


def _mended(
    settings: Settings, record: DatasetRecord, asked: dict[str, Any], report: Callable[[dict[str, Any]], None]
) -> DatasetRecord:
    request = {
        "kind": "mend",
        "id": new_id(),
        "name": record.name.removesuffix(_MENDED) + _MENDED,
        "created": time.time(),
        "original": str(settings.datasets / record.id),
    }
    return runner.run(settings, request | asked, report)
