"""Which run a name means where several have it: automatic names come back. An id always means its own run."""

from __future__ import annotations

import time
from pathlib import Path

from studio import modelfolder
from studio.errors import RequestError
from studio.runs import store
from studio.runs.store import Run

_LISTED = 10


def only(runs: Path, reference: str) -> Run:
    """The run with this id, or the only one with this name: for what changes or ends a run.

    Raises UnknownName, RequestError (several have the name).
    """
    run, same = store.find(runs, reference), _namesakes(runs, reference)
    if run.id == reference or len(same) < 2:
        return run
    older = f", and {len(same) - _LISTED:,} older ones" if len(same) > _LISTED else ""
    listed = ", ".join(map(_told, same[:_LISTED])) + older
    raise RequestError(
        f"{len(same):,} runs are called '{reference}'.",
        why=f"They are {listed}.",
        next="Give the id of the one that is meant.",
    )


def with_model(runs: Path, reference: str) -> Run:
    """The run with this id, or of those with this name the newest that has a model, or the newest where none has.

    Raises UnknownName.
    """
    run = store.find(runs, reference)
    if run.id == reference or modelfolder.holds_model(run.model):
        return run
    able = (other for other in _namesakes(runs, reference) if modelfolder.holds_model(other.model))
    return next(able, run)


def _namesakes(runs: Path, name: str) -> list[Run]:
    return [run for run in store.every(runs) if run.meta().name == name]


def _told(run: Run) -> str:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.meta().created))
    return f"{run.id} ({run.status().value}, {made})"
