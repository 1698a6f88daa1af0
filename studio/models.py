"""Starting weights as a person sees them: the menu, and what a name stands for.

A name is a menu id, a finished run, a folder, or a model of the hub; the last two in local mode only. Nothing heavy is
imported and no weights are read: `training.sources` downloads and verifies, in the worker. The hub is asked only for a
model that is neither on the menu nor on this machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from math import log
from pathlib import Path

from studio import catalog, hub, modelfolder
from studio.contracts import Checkpoint, Family, Source, SourceKind
from studio.errors import ModelOffline, ModelRefused, UnknownName, WrongState
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.runs import meant, store
from studio.runs.store import Run, Status
from studio.settings import Mode

ASSETS = Path(__file__).resolve().parents[1] / "assets"


@dataclass(frozen=True)
class Choice:
    """One card of the menu. `offline`: usable without a network, now; `note` says in words why not, or is empty."""

    checkpoint: Checkpoint
    family_name: str
    offline: bool
    note: str


@dataclass(frozen=True)
class Resolved:
    """What a name stands for: a family, and the weights to start from."""

    family_name: str
    checkpoint: Checkpoint


def menu(runs: Path) -> tuple[Choice, ...]:
    """Every checkpoint of every family, in the families' order."""
    return tuple(
        Choice(checkpoint, family.name, not note, note)
        for family in FAMILIES.values()
        for checkpoint in family.checkpoints
        for note in [_why_not_offline(checkpoint, runs)]
    )


def offline_advice(runs: Path) -> str:
    """The sentence that follows every failure of the hub."""
    return f"These models work offline: {', '.join(c.checkpoint.id for c in menu(runs) if c.offline)}."


def resolve(reference: str, runs: Path, mode: Mode) -> Resolved:
    """What a name stands for.

    Raises UnknownName, ModelRefused (a folder or hub model that no family can start from), ModelOffline (a hub model
    that is not on this machine, and no hub to ask), WrongState (a run that is not over).
    """
    found = _from_menu(reference) or _from_run(reference, runs)
    if found is None and mode is Mode.LOCAL:
        found = _from_folder(reference) or _from_hub(reference, runs)
    if found is None:
        raise catalog.unknown("model", reference, _ids())
    return found


def local_copy(source: Source, runs: Path) -> Path | None:
    """The folder of the weights on this machine, unverified; None if there is none (yet)."""
    match source.kind:
        case SourceKind.BUNDLED:
            folder: Path | None = ASSETS / source.location
        case SourceKind.PACKAGE:
            folder = package_folder(source.location)
        case SourceKind.HUB:
            folder = hub.snapshot(source.location, source.revision)
        case SourceKind.FOLDER:
            folder = Path(source.location)
        case SourceKind.RUN:
            folder = Run(runs / source.location).model
        case SourceKind.UNTRAINED:
            return None
    return folder if folder is not None and folder.is_dir() else None


def tokenizer_file(resolved: Resolved, runs: Path) -> Path | None:
    """The `tokenizer.json` of starting weights, or None where it is not on this machine."""
    folder = local_copy(resolved.checkpoint.source, runs)
    return folder / "tokenizer.json" if folder and (folder / "tokenizer.json").is_file() else None


def package_folder(location: str) -> Path | None:
    """The folder `sub/folder` of an installed package, from `package:sub/folder`, without importing the package."""
    package, _, folder = location.partition(":")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / folder


def _why_not_offline(checkpoint: Checkpoint, runs: Path) -> str:
    source = checkpoint.source
    folder = local_copy(source, runs)
    if folder is not None and modelfolder.is_whole(folder):
        return ""
    match source.kind:
        case SourceKind.BUNDLED:
            return f"The folder assets/{source.location} of the studio is missing or not whole."
        case SourceKind.PACKAGE:
            return f"The package {source.location.partition(':')[0]} is not installed."
        case SourceKind.HUB:
            return f"Downloaded once, at its first use: {checkpoint.size_mb:,} MB."
        case SourceKind.FOLDER | SourceKind.RUN | SourceKind.UNTRAINED:
            raise AssertionError("the menu offers what everybody can have")


def _ids() -> tuple[str, ...]:
    return tuple(checkpoint.id for family in FAMILIES.values() for checkpoint in family.checkpoints)


def _from_menu(reference: str) -> Resolved | None:
    return next(
        (
            Resolved(family.name, checkpoint)
            for family in FAMILIES.values()
            for checkpoint in family.checkpoints
            if checkpoint.id == reference
        ),
        None,
    )


@dataclass(frozen=True)
class _Found:
    """Weights that are not on the menu. `size` in bytes; `parameters` as a plain number, 0 where it is not known;
    `side` as of a `Checkpoint`."""

    source: Source
    size: int
    parameters: int
    license: str
    advice: str
    terms: str = ""
    side: int = 0


def _from_run(reference: str, runs: Path) -> Resolved | None:
    try:
        run = meant.with_model(runs, reference)
    except UnknownName:
        return None
    store.require(run, (Status.FINISHED, Status.STOPPED), "trained further")
    if not modelfolder.holds_model(run.model):
        raise WrongState(
            "The run cannot be trained further.", why="It was stopped without keeping a model.", next="Resume it first."
        )
    spec = run.spec()
    method = METHODS[spec.method]
    if method.merge is None:
        raise WrongState(
            "The run cannot be trained further.", why=method.unmerged, next="Start from the weights that it began with."
        )
    found = _Found(
        Source(SourceKind.RUN, run.id),
        modelfolder.size(run.model),
        store.record(run)["total_parameters"] or modelfolder.parameters(run.model),
        f"that of its starting weights, {spec.model}",
        f"Goes on from the weights of the run '{run.meta().name}'.",
        spec.terms,
        spec.training.image_size or 0,
    )
    return _resolved(reference, FAMILIES[spec.family], found)


def _from_folder(reference: str) -> Resolved | None:
    """A folder with a model. One without is left to the hub, unless it can only be meant as a folder."""
    if not os.path.isdir(os.path.expanduser(reference)):  # noqa: PTH111, PTH112 (pathlib raises for overlong names)
        return None
    folder = Path(reference).expanduser().absolute()
    if not modelfolder.is_whole(folder):
        if hub.is_id(reference):
            return None
        raise ModelRefused(
            f"There is no model in the folder {folder}.",
            why=f"A model is a config.json and weights named {modelfolder.WEIGHTS}; other formats are not read.",
            next="Name the folder that save_pretrained of transformers wrote.",
        )
    found = _Found(
        Source(SourceKind.FOLDER, str(folder)),
        modelfolder.size(folder),
        modelfolder.parameters(folder),
        "yours to know",
        "Your own weights, from a folder of this machine.",
    )
    return _resolved(reference, _family(folder), found)


def _from_hub(reference: str, runs: Path) -> Resolved | None:
    """A model of the hub, pinned to a commit: that of the copy on this machine, or else the newest there is."""
    if not hub.is_id(reference):
        return None
    folder = hub.snapshot(reference)
    if folder is not None:
        size, parameters, license = modelfolder.size(folder), modelfolder.parameters(folder), ""
    else:
        listing = _listing(reference, runs)
        folder = hub.fetch_config(reference, listing, offline_advice(runs))
        size, parameters, license = sum(listing.sizes.values()), 0, listing.license
    found = _Found(
        Source(SourceKind.HUB, reference, folder.name),
        size,
        parameters,
        license or "see the model's page on the hub",
        "From the hub, not from the menu: nobody has tried it here.",
    )
    return _resolved(reference, _family(folder), found)


def _listing(reference: str, runs: Path) -> hub.Listing:
    """What the hub says of a model; a name that is on no list is explained by the menu's nearest."""
    close = get_close_matches(reference, _ids(), n=1)
    meant = f"Did you mean '{close[0]}'?" if close else ""
    try:
        return hub.look_up(reference, None, offline_advice(runs))
    except UnknownName as error:
        raise UnknownName(error.what, why=error.why, next=meant or error.next) from error
    except ModelOffline as error:
        if "/" in reference:
            raise
        # Nearly every model of the hub is `organisation/name`: without a slash it is most likely a slip of the pen.
        unknown = catalog.unknown("model", reference, _ids())
        why = "The model hub could not be asked, either."
        raise UnknownName(unknown.what, where=unknown.why, why=why, next=meant) from error


def _family(folder: Path) -> Family:
    """The family that serves the architecture in a folder."""
    wanted = modelfolder.model_type(folder)
    for family in FAMILIES.values():
        if wanted in family.model_types:
            return family
    supported = ", ".join(name for family in FAMILIES.values() for name in family.model_types)
    raise ModelRefused(
        f"Models of the kind '{wanted[:40]}' cannot be trained here.",
        where=f"It lies in {folder}.",
        why=f"Supported: {supported}.",
    )


def _resolved(reference: str, family: Family, found: _Found) -> Resolved:
    """A card for weights that are not on the menu. They learn best at about the rate of the menu's next in size."""
    millions = found.parameters / 1e6 or found.size / 4e6  # four bytes each, where nobody has counted
    nearest = min(family.checkpoints, key=lambda checkpoint: abs(log(checkpoint.parameters / max(millions, 0.001))))
    checkpoint = Checkpoint(
        id=reference,
        label=reference,
        source=found.source,
        size_mb=round(found.size / 1e6),
        parameters=round(millions, 1),
        license=found.license,
        languages="as it was trained",
        advice=found.advice,
        rate_scale=nearest.rate_scale,
        side=found.side,
        terms=found.terms,
    )
    return Resolved(family.name, checkpoint)
