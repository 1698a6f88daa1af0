"""Every error a user can see: what failed, where, why, and what to do next.

StudioError             the thing asked for failed (exit code 1)
├─ RequestError         the request itself is wrong (exit code 2)
│  ├─ UnknownName       a name that no catalog, menu or workspace knows
│  ├─ InvalidOption     an option that does not exist, or a value it does not take
│  ├─ PlanError         a spec that cannot be carried out; names every problem at once
│  ├─ SettingsError     an environment variable with a wrong value
│  ├─ MissingFile       a path that is not there or cannot be read
│  └─ WrongState        a run that is not in a state in which this can be done
├─ DataError            a file that cannot become a dataset
│  ├─ EmptyFile         nothing in it
│  ├─ DamagedFile       broken, or protected by a password: no other way of reading would help
│  ├─ UnknownFormat     content that no importer reads
│  ├─ MissingColumn     a column the task needs is not there
│  ├─ TooFewClasses     a classifier needs two
│  ├─ TooFewRows        not enough to train, choose and test on
│  └─ ImportStopped     the importer was ended by a limit or by the system
├─ ModelError           starting weights that cannot be used
│  ├─ ModelOffline      the model hub cannot be reached
│  └─ ModelRefused      wrong hash, no safetensors, or an architecture no family serves
├─ TrainingError        the run ended by itself
│  ├─ NotFinite         the loss or a gradient became NaN or infinite
│  ├─ OutOfMemory       not even one example at a time fits
│  ├─ DeviceLost        the GPU or its driver gave up in the middle
│  └─ ChangedSince      data or model changed since the checkpoint was written
├─ StorageError         the disk is full or does not let us write
├─ LimitError           larger than this installation allows
└─ InternalError        our own mistake; carries an id that is also in the log
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar


class StudioError(Exception):
    """A failure in plain words. `what` is a sentence; `where`, `why` and `next` are sentences or empty."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.next = what, where, why, next

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.where, self.why, self.next) if part)

    def record(self) -> dict[str, str]:
        """The error as JSON data; `rebuild` makes it an error again in another process."""
        return {"code": self.code, "what": self.what, "where": self.where, "why": self.why, "next": self.next}


class RequestError(StudioError):
    code = "wrong_request"
    exit_code = 2


class UnknownName(RequestError):
    code = "unknown_name"


class InvalidOption(RequestError):
    code = "invalid_option"


class PlanError(RequestError):
    code = "impossible_plan"


class SettingsError(RequestError):
    code = "wrong_setting"


class MissingFile(RequestError):
    code = "missing_file"


class WrongState(RequestError):
    code = "wrong_state"


class DataError(StudioError):
    code = "unusable_data"


class EmptyFile(DataError):
    code = "empty_file"


class DamagedFile(DataError):
    """No other way of reading it would help."""

    code = "damaged_file"


class UnknownFormat(DataError):
    code = "unknown_format"


class MissingColumn(DataError):
    code = "missing_column"


class TooFewClasses(DataError):
    code = "too_few_classes"


class TooFewRows(DataError):
    code = "too_few_rows"


class ImportStopped(DataError):
    code = "import_stopped"


class ModelError(StudioError):
    code = "unusable_model"


class ModelOffline(ModelError):
    code = "model_offline"


class ModelRefused(ModelError):
    code = "model_refused"


class TrainingError(StudioError):
    code = "training_failed"


class NotFinite(TrainingError):
    code = "not_finite"


class OutOfMemory(TrainingError):
    code = "out_of_memory"


class DeviceLost(TrainingError):
    code = "device_lost"


class ChangedSince(TrainingError):
    code = "changed_since"


class StorageError(StudioError):
    code = "storage"


class LimitError(StudioError):
    code = "over_limit"


class InternalError(StudioError):
    code = "internal"


def all_errors(root: type[StudioError] = StudioError) -> Iterator[type[StudioError]]:
    """Every error class, parents before children."""
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)


def rebuild(record: dict[str, Any]) -> StudioError:
    """An error again from `StudioError.record`, in the process that asked."""
    kinds = {kind.code: kind for kind in all_errors()}
    kind = kinds.get(str(record.get("code")), StudioError)
    return kind(
        str(record.get("what", "")),
        where=str(record.get("where", "")),
        why=str(record.get("why", "")),
        next=str(record.get("next", "")),
    )


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turn the operating system's refusals to write into a `StorageError` that says what to do."""
    try:
        yield
    except _refusals() as error:
        advice = _STORAGE_ADVICE.get(_number(error))
        if advice is None:
            raise
        raise StorageError(what, why=advice[0], next=advice[1]) from error


def _refusals() -> tuple[type[Exception], ...]:
    """What a refused write is raised as: by the system, and by safetensors where that is loaded."""
    loaded = sys.modules.get("safetensors")
    return (OSError, loaded.SafetensorError) if loaded is not None else (OSError,)


def _number(error: Exception) -> int:
    """The system's number for what went wrong; safetensors tells it in words alone."""
    if isinstance(error, OSError):
        return error.errno or 0
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else 0


_STORAGE_ADVICE = {
    errno.ENOSPC: ("The disk is full.", "Free some space, then try again; nothing that was complete is lost."),
    errno.EDQUOT: ("The disk quota is used up.", "Free some space, then try again; nothing that was complete is lost."),
    errno.EFBIG: (
        "The file is larger than may be written here.",
        "Name another folder with --workspace or STUDIO_WORKSPACE, or ask who set the limit.",
    ),
    errno.EROFS: (
        "The folder is read-only.",
        "Name a folder that can be written to with --workspace or STUDIO_WORKSPACE.",
    ),
    errno.EACCES: ("The folder does not let us write.", "Name another with --workspace or STUDIO_WORKSPACE."),
    errno.EPERM: ("The folder does not let us write.", "Name another with --workspace or STUDIO_WORKSPACE."),
    errno.ENOTDIR: (
        "There is a file where a folder should be.",
        "Name another folder with --workspace or STUDIO_WORKSPACE.",
    ),
    errno.EEXIST: (
        "There is a file where a folder should be.",
        "Name another folder with --workspace or STUDIO_WORKSPACE.",
    ),
    errno.EIO: (
        "The disk reported an input/output error.",
        "Check the disk, then resume; complete checkpoints are kept.",
    ),
}
