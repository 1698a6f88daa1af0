"""The facts in a run's log, one JSON object a line in `events.jsonl`. Curves live in the event files of tensorboardX.

To add an event, add a class here: its name in lower case with underscores is its name in the log.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from studio import files, sealed


@dataclass(frozen=True)
class Event:
    """One fact; `at` is seconds since 1970."""

    at: float = field(default_factory=time.time, kw_only=True)


@dataclass(frozen=True)
class Waiting(Event):
    """A worker lives and waits for its device slot."""


@dataclass(frozen=True)
class Preparing(Event):
    """The slots of these places are ours; data and network are being loaded."""

    places: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Prepared(Event):
    """What was found out while loading, before the first step."""

    facts: dict[str, Any]


@dataclass(frozen=True)
class Warned(Event):
    """Something a person should know; training goes on."""

    code: str
    message: str


@dataclass(frozen=True)
class Started(Event):
    """Training runs; `step` is where it starts, more than 0 after a resume."""

    step: int


@dataclass(frozen=True)
class Saved(Event):
    """A complete checkpoint is on disk."""

    step: int


@dataclass(frozen=True)
class Shrunk(Event):
    """Memory ran out; training goes on from the last checkpoint with smaller micro-batches."""

    token_budget: int


@dataclass(frozen=True)
class Evaluating(Event):
    """Training is over; the model is being saved and scored on held-out rows."""

    step: int


@dataclass(frozen=True)
class Finished(Event):
    """All done: model, metrics and predictions are on disk."""

    step: int


@dataclass(frozen=True)
class Stopped(Event):
    """Ended on request. `kept` says whether there is a model."""

    step: int
    kept: bool


@dataclass(frozen=True)
class Failed(Event):
    """Ended by an error, given as `StudioError.record`."""

    error: dict[str, str]


_KINDS = {re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind for kind in Event.__subclasses__()}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def append(log: Path, event: Event) -> None:
    """Add an event to the log; it is on disk when this returns."""
    record = sealed.seal({"event": _NAMES[type(event)], **asdict(event)})
    files.append_line(log, json.dumps(record, ensure_ascii=False))


def read(log: Path, start: int = 0) -> list[Event]:
    """Every event of the log from byte `start` on. Torn or damaged lines, and unknown events of a newer studio, are
    left out."""
    try:
        lines = log.read_bytes()[start:].splitlines()
    except FileNotFoundError:
        return []
    return [event for event in map(_parse, lines) if event is not None]


def _parse(line: bytes) -> Event | None:
    try:
        record = sealed.unseal(json.loads(line))
        return _KINDS[record.pop("event")](**record)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
