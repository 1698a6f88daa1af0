"""How the formats write weights: a run's own files copied byte by byte, an adapter merged, starting weights put beside.

Copied, not saved again, so that two exports of a run are the same to the last byte.
"""

from __future__ import annotations

from pathlib import Path

from studio import files, modelfolder
from studio.contracts import Source, SourceKind
from studio.export import origin
from studio.export.formats._format import Materials, Start, Written
from studio.inference.layout import BASE

_ADAPTER = ("adapter_config.json", modelfolder.ADAPTER)


def whole(materials: Materials, folder: Path) -> Written:
    """All weights as the run saved them."""
    for file in _saved(materials):
        files.copy(file, folder / file.name)
    return Written(materials.trained.loaded.model)


def merged(materials: Materials, folder: Path) -> Written:
    """One plain network with the adapter folded in."""
    from studio.training import build

    for file in _saved(materials):
        if file.name not in (*_ADAPTER, "config.json"):
            files.copy(file, folder / file.name)
    network = build.merged(materials.trained.plan.method, materials.trained.loaded.model).eval()
    network.save_pretrained(folder)
    return Written(network)


def adapter(materials: Materials, folder: Path) -> Written:
    """The adapter alone, with its starting weights beside it unless everybody can have them again."""
    for file in _saved(materials):
        files.copy(file, folder / file.name)
    source = materials.trained.plan.spec.source
    start = _start(source)
    if start.bundled:
        _bundle(materials, folder / BASE)
    path = folder / _ADAPTER[0]
    files.write_json(
        path, files.read_json(path) | {"base_model_name_or_path": start.location, "revision": start.revision}
    )
    return Written(materials.trained.loaded.model, start)


def _saved(materials: Materials) -> list[Path]:
    return sorted(path for path in materials.run.model.iterdir() if path.is_file())


def _start(source: Source) -> Start:
    """Weights of the menu are named, all others are bundled: who has the export need not have our folders or runs."""
    if origin.on_menu(source) is not None and source.kind is SourceKind.HUB:
        return Start(source.location, bundled=False, revision=source.revision)
    twin = source.hub
    if origin.on_menu(source) is not None and twin is not None:
        return Start(twin, bundled=False, package=source.location)
    return Start(BASE, bundled=True)


def _bundle(materials: Materials, target: Path) -> None:
    from studio.training import build

    start = build.load_start(materials.run, materials.trained.plan)
    start.model.save_pretrained(target)
    start.processor.save_pretrained(target)
