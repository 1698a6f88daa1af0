"""What a run's weights came from, through all runs in between: the menu's entry, its licence, and what may be told.

Nothing here names a path of this machine: starting weights from a local folder are told as just that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.contracts import Checkpoint, Source, SourceKind
from studio.errors import UnknownName
from studio.families import FAMILIES
from studio.inference.layout import BASE
from studio.runs import store
from studio.runs.store import Run
from studio.spec import RunSpec

_LOCAL = "a local folder"


@dataclass(frozen=True)
class Origin:
    """The weights at the start of it all. `hub` is their name on the model hub, or None."""

    label: str
    license: str
    languages: str
    hub: str | None
    revision: str | None


def on_menu(source: Source) -> Checkpoint | None:
    """The menu's entry for a source."""
    every = (checkpoint for family in FAMILIES.values() for checkpoint in family.checkpoints)
    return next((checkpoint for checkpoint in every if checkpoint.source == source), None)


def of_run(run: Run) -> Origin:
    """What the first run of the chain started from."""
    *_, first = _chain(run.spec(), run.folder.parent)
    source = first.source
    checkpoint = on_menu(source)
    hub = source.location if source.kind is SourceKind.HUB else source.hub
    if checkpoint is not None:
        return Origin(checkpoint.label, checkpoint.license, checkpoint.languages, hub, source.revision)
    match source.kind:
        case SourceKind.HUB | SourceKind.PACKAGE | SourceKind.BUNDLED:
            return Origin(source.location, "as stated by its authors", "as it was trained", hub, source.revision)
        case SourceKind.RUN:
            return Origin("an earlier run that is gone", "not known", "not known", None, None)
        case SourceKind.FOLDER:
            return Origin(f"weights from {_LOCAL}", "not stated", "not known", None, None)
        case SourceKind.UNTRAINED:
            return Origin(f"{source.location}, untrained", "not stated", "not known", None, None)


def _chain(spec: RunSpec, runs: Path) -> Iterator[RunSpec]:
    """The spec, and those of the runs that it goes back to, as far as they still exist."""
    yield spec
    seen = set()
    while spec.source.kind is SourceKind.RUN and spec.source.location not in seen:
        seen.add(spec.source.location)
        try:
            spec = store.find(runs, spec.source.location).spec()
        except UnknownName:
            return
        yield spec


def telling(spec: RunSpec) -> dict[str, Any]:
    """The spec as it may leave this machine: a folder of starting weights is not named."""
    record = spec.model_dump(mode="json")
    if spec.source.kind is SourceKind.FOLDER:
        record["model"] = _LOCAL
        record["source"]["location"] = BASE
    return record
