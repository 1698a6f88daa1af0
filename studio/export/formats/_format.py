"""What an export format is. Imports nothing heavy: the functions run in the builder process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.tuning import Method, Saved

if TYPE_CHECKING:
    from studio.inference.trained import Trained
    from studio.runs.store import Run


@dataclass(frozen=True)
class Materials:
    """What a format is made from: the run, and its trained model in memory."""

    run: Run
    trained: Trained


@dataclass(frozen=True)
class Start:
    """Where the starting weights under an adapter are found, once the export is on another machine.

    `location` is the folder `base` of the export or the name of a hub model at `revision`; `package` is an installed
    package that carries the same weights (`package:sub/folder`) and is looked for first, or None.
    """

    location: str
    bundled: bool
    revision: str | None = None
    package: str | None = None


@dataclass(frozen=True)
class Written:
    """What a format wrote: the network as it will be loaded again, and for an adapter what lies under it."""

    network: Any
    start: Start | None = None


@dataclass(frozen=True, kw_only=True)
class Format:
    """An export format.

    - `obstacle(method)`: why a run of this method cannot be exported so, in a sentence, or None.
    - `write(materials, folder)`: puts the model and what turns inputs into its numbers into `folder`.
    """

    name: str
    label: str
    summary: str
    obstacle: Callable[[Method], str | None]
    write: Callable[[Materials, Path], Written]


def needs_network(method: Method) -> str | None:
    """For formats that are one plain network."""
    return method.unmerged if method.merge is None else None


def needs_adapter(method: Method) -> str | None:
    """For formats that only make sense where a method leaves an adapter."""
    if method.saved is Saved.ADAPTER:
        return None
    return "The method changes the network itself, so there is no adapter beside it."


def needs_merging(method: Method) -> str | None:
    """For formats that fold an adapter into the network."""
    return needs_adapter(method) or needs_network(method)
