"""How a file is to be read: what an import was told, checked, in the words of the readers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
