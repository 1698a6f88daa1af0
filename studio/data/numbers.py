"""Cells that read as numbers.

A point or a comma may stand before decimals or part thousands. Most cells say which by themselves; "1,234" does not,
and is read as the rest of its column is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field

INDICATORS = (("0", "1"), ("0.0", "1.0"), ("false", "true"), ("False", "True"), ("FALSE", "TRUE"))  # no and yes
MARKS = (".", ",")
_LIKE_A_NUMBER = re.compile(r"^[+-]?[\d.,\s]*\d[\d.,\s]*([eE][+-]?\d+)?%?$")
_GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+") for mark in MARKS}
_SPACED = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3}(?!\d))")  # \s knows the narrow spaces, too
_FEW = 3  # cells with a point before three digits, from which on it is worth a word


@dataclass(frozen=True)
class Reading:
    """A cell's number, and what it says of its marks. Where `open` names a mark, it may part thousands: `whole` is the
    number then, and `number` that with decimals."""

    number: float
    whole: float
    open: str = ""
    decimal: str = ""
    thousands: str = ""


def reading(cell: str) -> Reading | None:
    """The number in a cell; None for anything else. A share in per cent is a hundredth of what it says."""
    plain = _SPACED.sub("", cell.strip())
    share = 100.0 if plain.endswith("%") else 1.0
    plain = plain.removesuffix("%").rstrip()
    found = [mark for mark in MARKS if mark in plain]
    if len(found) == 2:
        decimal = max(found, key=plain.rindex)
        thousands = found[0] if decimal == found[1] else found[1]
        if plain.count(decimal) > 1 or not _GROUPED[thousands].fullmatch(plain[: plain.index(decimal)]):
            return None
        return _read(plain.replace(thousands, ""), decimal, share, thousands)
    if not found:
        return _read(plain, "", share)
    mark = found[0]
    if not _GROUPED[mark].fullmatch(plain):
        return _read(plain, mark, share)
    whole = _float(plain.replace(mark, ""), share)
    if whole is None or plain.count(mark) > 1:
        return whole if whole is None else Reading(whole, whole, thousands=mark)
    number = _float(plain.replace(mark, "."), share)
    return None if number is None else Reading(number, whole, open=mark)


def _read(plain: str, decimal: str, share: float, thousands: str = "") -> Reading | None:
    number = _float(plain.replace(decimal, ".", 1) if decimal else plain, share)
    return None if number is None else Reading(number, number, decimal=decimal, thousands=thousands)


def _float(plain: str, share: float) -> float | None:
    try:
        found = float(plain) / share
    except ValueError:
        return None
    return found if math.isfinite(found) and "_" not in plain else None


@dataclass
class Column:
    """What the cells of a column say of its marks."""

    decimal: Counter[str] = field(default_factory=Counter)
    thousands: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)
    short: int = 0  # numbers without a mark, of up to three digits
    long: int = 0

    def add(self, found: Reading) -> None:
        if found.open:
            self.open[found.open] += 1
        elif found.decimal or found.thousands:
            self.decimal[found.decimal] += 1
            self.thousands[found.thousands] += 1
        elif abs(found.number) < 1000:
            self.short += 1
        else:
            self.long += 1

    def parts_thousands(self, mark: str) -> bool:
        """Whether a mark before three digits parts thousands where nothing else is said: if it does so elsewhere in the
        column or the other one stands before decimals; of commas also if no larger number goes without."""
        other = MARKS[1 - MARKS.index(mark)]
        if self.decimal[mark]:
            return False
        return bool(self.thousands[mark] or self.decimal[other]) or (mark == "," and not self.long)

    def doubtful(self) -> list[str]:
        """The marks of which the column does not say what they are, and that might be the other thing."""
        said = [mark for mark in MARKS if self.decimal[mark] or self.thousands[mark]]
        if said:
            return []
        points = self.open["."] >= _FEW and self.short and not self.long
        return [mark for mark in MARKS if self.open[mark] and (mark == "," or points)]


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, with decimal points or commas, or as a share in per cent."""
    return bool(_LIKE_A_NUMBER.match(cell.strip()))
