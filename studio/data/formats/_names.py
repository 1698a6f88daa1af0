"""The names of an archive's files where the archive does not say their encoding: one for all, since one program wrote
them.

Programs for Windows write names in the code page of its command line (cp850, cp866, ...), which is not that of its
texts. Of the one-byte encodings, the one is taken in which what is not ASCII becomes the small letters of one script:
in words of their own where the script has no ASCII letters, and among ASCII letters where it has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.data.formats import _charset, _text
from studio.data.notes import cut, note
from studio.data.store import Finding

_WORD = re.compile(r"[^\W\d_]+")
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿßðþ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžőöüűăâîșțşţđ")
_CYRILLIC = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
_GREEK = frozenset("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ")


@dataclass(frozen=True)
class _OneByte:
    name: str
    letters: frozenset[str]
    mixed: bool  # whether words of the script have ASCII letters too


# Of those that fit equally well, the first.
_ONE_BYTE = (
    _OneByte("cp1252", _WESTERN, True),
    _OneByte("cp850", _WESTERN, True),
    _OneByte("mac_roman", _WESTERN, True),
    _OneByte("cp1250", _CENTRAL, True),
    _OneByte("cp852", _CENTRAL, True),
    _OneByte("cp1251", _CYRILLIC, False),
    _OneByte("cp866", _CYRILLIC, False),
    _OneByte("koi8_r", _CYRILLIC, False),
    _OneByte("cp1253", _GREEK, False),
    _OneByte("cp737", _GREEK, False),
)
_CAPITAL, _ALONE = 0.8, 0.3  # what a capital letter counts for, and a letter in a word where it is not expected
_OTHERS = 3


def decoded(raw: Sequence[bytes], encoding: str | None) -> tuple[list[str], list[Finding]]:
    """The names as texts, and what is to be said of their encoding: nothing where it is named or certain.

    Raises InvalidOption for an encoding that does not exist.
    """
    if encoding:
        return [name.decode(_text.check_name(encoding), "replace") for name in raw], []
    telling = sorted({part for name in raw for part in name.split(b"/") if not part.isascii()})
    best, others = _guess(b"\n".join(telling))
    names = [name.decode(best, "replace") for name in raw]
    return names, [_said(telling[0], best, others)] if others else []


def _guess(telling: bytes) -> tuple[str, tuple[str, ...]]:
    """The encoding, and others that come into question: none where it is certain."""
    try:
        telling.decode("utf-8")
    except UnicodeDecodeError:
        best, others = _charset.guess(telling)
        if best in _charset.TELLING:
            return best, others
        ranked = sorted(_ONE_BYTE, key=lambda kind: -_fit(telling, kind))
        return ranked[0].name, tuple(kind.name for kind in ranked[1 : _OTHERS + 1])
    return "utf-8", ()


def _fit(telling: bytes, kind: _OneByte) -> float:
    """How well the characters beyond ASCII suit a script, 0 to 1."""
    text = telling.decode(kind.name, "replace")
    suits = 0.0
    for word in _WORD.findall(text):
        expected = kind.mixed == any(letter.isascii() for letter in word)
        for letter in (letter for letter in word if letter.lower() in kind.letters):
            suits += (1.0 if letter in kind.letters else _CAPITAL) * (1.0 if expected else _ALONE)
    return suits / max(1, sum(not letter.isascii() for letter in text))


def _said(name: bytes, best: str, others: Sequence[str]) -> Finding:
    message = (
        f"The archive does not say the encoding of its names; by their characters they were read as {best}. "
        "If they look wrong, name the right one with --option encoding=NAME."
    )
    previews = {one: name.decode(one, "replace") for one in (best, *others)}
    severity = "info" if best in _charset.TELLING else "warning"
    return note("names_encoding", message, 1, [cut(f"{one}: {text}") for one, text in previews.items()], severity)
