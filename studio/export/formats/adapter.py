"""The adapter alone, for peft."""

from __future__ import annotations

from studio.export.formats import _weights
from studio.export.formats._format import Format, needs_adapter

FORMAT = Format(
    name="adapter",
    label="Adapter",
    summary="Only what was trained, for peft: a small file to share, of use together with the starting weights.",
    obstacle=needs_adapter,
    write=_weights.adapter,
)
