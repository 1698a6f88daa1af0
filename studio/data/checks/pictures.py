"""Images of which nothing can be learned. What was odd about their files is noted when they are decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.contracts import ColumnKind
from studio.data.checks._look import Check, Look, Mask, finding
from studio.data.notes import plural
from studio.data.store import Finding

if TYPE_CHECKING:
    from studio.data.rows import Rows

_BLOCK = 256  # images looked at once
_FLAT = 2  # of 255: how far the values of a colour may lie apart in an image of one colour


def blank(look: Look) -> Mask:
    """Images of one single colour."""
    found = np.zeros(len(look.rows), dtype=bool)
    if look.kind is not ColumnKind.IMAGE or look.pixels is None:
        return found
    places = look.inputs.to_numpy()
    for start in range(0, len(places), _BLOCK):
        block = look.pixels[places[start : start + _BLOCK]]
        # Rows first: over both axes at once numpy goes by the three colours of a pixel, and takes twenty times as long.
        spread = block.max(axis=1).max(axis=1).astype(np.int16) - block.min(axis=1).min(axis=1)
        found[start : start + len(block)] = (spread <= _FLAT).all(axis=1)
    return found


def _blank_images(look: Look) -> Finding | None:
    places = np.flatnonzero(blank(look))
    message = f"{plural(len(places), 'image is', 'images are')} of one single colour."
    return finding("blank_images", "warning", message, len(places), look.shown(places), mendable=True)


def _without_blank(look: Look) -> Rows:
    return look.rows.take(~blank(look))


CHECKS = (Check("blank_images", _blank_images, _without_blank),)
