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
from studio.data.store import Finding, Skipped
from studio.settings import Limits

LISTED = 300  # skipped rows that are kept by name; the rest are only counted
EXAMPLES = 5
EXAMPLE_LENGTH = 200


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file where the content should not decide. `None` means: find out.

    `sheet` is one of a workbook, by name or by number from 1. With `ragged`, rows with too few or too many cells are
    taken all the same. `scratch` is a folder where rows may lie while a file is read; without one they stay in memory.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None
    ragged: bool = False
    scratch: Path | None = None


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


def note(code: str, message: str, count: int, examples: Sequence[str] = (), severity: str = "info") -> Finding:
    """A finding made while reading: nothing that a mend could change."""
    shown = [cut(example) for example in examples[:EXAMPLES]]
    return Finding(code=code, severity=severity, message=message, count=count, examples=shown, fix=None)


def replaced_note(places: Sequence[str], name: str, count: int | None = None) -> list[Finding]:
    """What to say of rows that a file given for their split replaces: nothing where there are none.

    `count` is how many there are where `places` are only the first.
    """
    if not places:
        return []
    count = count or len(places)
    message = f"{plural(count, 'row')} of {name} were left out: a file of its own was given for their split."
    return [note("replaced_rows", message, count, places)]


def cut(text: str) -> str:
    """The text in one line of at most 200 characters."""
    line = " ".join(text[: 4 * EXAMPLE_LENGTH].split())
    return line if len(line) <= EXAMPLE_LENGTH else line[: EXAMPLE_LENGTH - 1] + "…"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 row", "1,200 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
