"""What an upload format is, and the two things one can be read as: a table or a set of images.

Knows no format and no task. Cells of a table are strings, or lists of strings for rows that come as words and tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.contracts import Modality
from studio.data.formats._spool import Cells
from studio.data.reading import ReadOptions
from studio.data.store import Finding, Skipped
from studio.settings import Limits

LISTED = 300  # skipped rows that are kept by name; the rest are only counted


def complaint(error: Exception) -> str:
    """What the library of a format says of a file that it cannot read, as one sentence."""
    words = (str(error).splitlines() or [""])[0][:200].strip().rstrip(".").replace(". ", "; ")
    return f"What reads such files says: {words}." if words else "It ends too early."


class SkipLog:
    """What was left out and why. Keeps the first few hundred, counts all."""

    def __init__(self) -> None:
        self.items: list[Skipped] = []
        self.count = 0

    def add(self, where: str, why: str) -> None:
        self.count += 1
        if len(self.items) < LISTED:
            self.items.append(Skipped(where=where, why=why))

    def extend(self, other: SkipLog, inside: str = "") -> None:
        """Add what another has; `inside` stands before the places."""
        self.count += other.count
        new = other.items[: LISTED - len(self.items)]
        self.items.extend(Skipped(where=inside + item.where, why=item.why) for item in new)


@dataclass(frozen=True)
class Table:
    """Rows of a file. `columns` maps a name to one cell per row; `lines` holds the line on which each row begins.

    `sheets` names the sheets of the workbook they are from, if it is one.
    """

    columns: Mapping[str, Cells]
    lines: Sequence[int] | NDArray[np.int64]
    skipped: SkipLog = field(default_factory=SkipLog)
    notes: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class ImageItem:
    """One image file: its path inside the archive, its class, and the split its folder names (or None)."""

    name: str
    label: str
    split: str | None
    key: int


@dataclass(frozen=True)
class Images:
    """Image files that are not decoded yet. `read` gives the bytes of one; `close` ends the reading."""

    items: Sequence[ImageItem]
    read: Callable[[ImageItem], bytes]
    close: Callable[[], None]
    skipped: SkipLog = field(default_factory=SkipLog)
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Format:
    """An upload format.

    - `recognise(path, head)`: whether the file is of this format, by its first bytes, then by its name.
    - `read(path, options, limits)`: the content. Raises DataError or LimitError.
    """

    name: str
    label: str
    modality: Modality
    recognise: Callable[[Path, bytes], bool]
    read: Callable[[Path, ReadOptions, Limits], Table | Images]
