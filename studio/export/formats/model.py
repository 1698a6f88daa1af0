"""The whole model, ready to load: the right choice for most."""

from __future__ import annotations

from pathlib import Path

from studio.export.formats import _weights
from studio.export.formats._format import Format, Materials, Written, needs_network
from studio.tuning import Saved


def write(materials: Materials, folder: Path) -> Written:
    match materials.trained.plan.method.saved:
        case Saved.WHOLE:
            return _weights.whole(materials, folder)
        case Saved.ADAPTER:
            return _weights.merged(materials, folder)


FORMAT = Format(
    name="model",
    label="Model",
    summary="The whole network in one piece: loads everywhere with plain transformers. Adapters are merged into it.",
    obstacle=needs_network,
    write=write,
)
