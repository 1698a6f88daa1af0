"""Which legacy encoding a text without a mark is in.

The double-byte encodings of East Asia are told apart by where their everyday characters stand: each standard puts them
in one block of lead bytes (GB 2312 level 1, Big5 level 1, JIS level 1 and kana, KS X 1001 Hangul). Text in the right
encoding falls almost wholly into that block, text in another does not. Single-byte encodings go to charset-normalizer,
but for Mac Roman, which is told from cp1252 by the letters of western Europe that it gives.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

_SAMPLE = 200_000
_ENOUGH = 0.7  # share of everyday characters that settles it


@dataclass(frozen=True)
class _DoubleByte:
    name: str
    everyday: tuple[tuple[int, int], ...]  # lead bytes of the everyday characters
    neutral: tuple[int, int]  # lead bytes of punctuation, which says nothing
    trail_from: int = 0x40


# Narrow blocks first: Hangul lies inside the block of GB 2312, so it wins a tie.
_DOUBLE_BYTE = (
    _DoubleByte("cp949", ((0xB0, 0xC8),), (0xA1, 0xAF), 0xA1),
    _DoubleByte("euc_jp", ((0xA4, 0xA5), (0xB0, 0xCF)), (0xA1, 0xA3), 0xA1),
    _DoubleByte("cp932", ((0x82, 0x83), (0x88, 0x97)), (0x81, 0x81)),
    _DoubleByte("gb18030", ((0xB0, 0xD7),), (0xA1, 0xA3), 0xA1),
    _DoubleByte("big5", ((0xA4, 0xC6),), (0xA1, 0xA3)),
)
TELLING = frozenset(kind.name for kind in _DOUBLE_BYTE)  # a guess of these is rarely wrong
_SINGLE_BYTE = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "cp874"]
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüÿßÀÂÄÁÃÅÆÇÈÉÊËÎÍÏÑÓÔÖÕØŒÙÚÛÜ’‘“”„–—…«»°§€£¿¡·•")
_ALMOST = 0.02  # cp1252 wins unless another is clearly cleaner
_WIDE_SAMPLE = 4_096
_ASCII_SHARE = 0.01  # of a text in UTF-16: commas, spaces and line ends, at the least


def wide(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where the NULs stand: none for a text in bytes."""
    sample = sample[: min(len(sample), _WIDE_SAMPLE) // 4 * 4]
    if len(sample) < 8 or 0 not in sample:
        return None
    zeros = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    if min(zeros[2:]) > 0.9 and zeros[0] < 0.1:
        return "utf-32-le"
    if min(zeros[:2]) > 0.9 and zeros[3] < 0.1:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if even > 0.4 and odd < 0.1:
        return "utf-16-be"
    fitting = {name: _ascii_share(sample, name) for name in ("utf-16-le", "utf-16-be")}
    best = max(fitting, key=lambda name: fitting[name])
    return best if fitting[best] > _ASCII_SHARE else None


def _ascii_share(sample: bytes, encoding: str) -> float:
    """Share of ASCII characters in what could be UTF-16, with line ends among them; 0 if it cannot be that."""
    text = sample.decode(encoding, "replace").removesuffix("\ufffd")
    if "\ufffd" in text or "\n" not in text or any(unicodedata.category(c) in ("Cn", "Co", "Cs") for c in set(text)):
        return 0.0
    return sum(1 for c in text if "\0" < c < "\x80") / len(text)


def guess(telling: bytes) -> tuple[str, tuple[str, ...]]:
    """The most likely encoding of a text that is not UTF-8, and others it could be in, likely ones first.

    `telling` are the lines of the text that are not plain ASCII.
    """
    if len(telling) > _SAMPLE:
        telling = telling[: telling.rfind(b"\n", 0, _SAMPLE) + 1] or telling[:_SAMPLE]
    shares = {kind.name: _everyday_share(telling, kind) for kind in _DOUBLE_BYTE}
    ranked = sorted(shares, key=lambda name: -round(shares[name], 2))
    possible = [name for name in ranked if shares[name] > 0]
    best = ranked[0] if shares[ranked[0]] >= _ENOUGH else _single_byte(telling)
    others = [name for name in (*possible, "cp1252", "mac_roman") if name != best]
    return best, tuple(others[:3])


def _everyday_share(data: bytes, kind: _DoubleByte) -> float:
    """Share of a text's characters beyond ASCII that stand in the everyday block; 0 if it cannot be read so."""
    try:
        text = data.decode(kind.name)
    except UnicodeDecodeError:
        return 0.0
    everyday = others = 0
    for character, count in Counter(text).items():
        if character < "\x80":
            continue
        code = character.encode(kind.name, "replace")
        if kind.neutral[0] <= code[0] <= kind.neutral[1]:
            continue
        common = len(code) == 2 and code[1] >= kind.trail_from and any(a <= code[0] <= b for a, b in kind.everyday)
        everyday, others = everyday + count * common, others + count * (not common)
    return everyday / max(1, everyday + others)


def _single_byte(data: bytes) -> str:
    from charset_normalizer import from_bytes

    if _western(data, "mac_roman") > max(0.7, _western(data, "cp1252") + 0.2):
        return "mac_roman"
    matches = from_bytes(data, cp_isolation=_SINGLE_BYTE, threshold=0.5)
    best = matches.best()
    if best is None:
        return "cp1252"
    western = [match for match in matches if "cp1252" in (match.encoding, *match.could_be_from_charset)]
    if western and western[0].chaos <= best.chaos + _ALMOST and western[0].coherence >= best.coherence - 0.1:
        return "cp1252"
    return str(best.encoding)


def _western(data: bytes, encoding: str) -> float:
    """Share of a text's characters beyond ASCII that are letters and signs of western Europe."""
    beyond = [c for c in data.decode(encoding, "replace") if c > "\x7f"]
    return sum(1 for c in beyond if c in _WESTERN) / max(1, len(beyond))
