"""The network with the adapter folded into its weights."""

from __future__ import annotations

from studio.export.formats import _weights
from studio.export.formats._format import Format, needs_merging

FORMAT = Format(
    name="merged",
    label="Merged model",
    summary="The network with the adapter folded in: as quick as the original, and needs no peft.",
    obstacle=needs_merging,
    write=_weights.merged,
)
