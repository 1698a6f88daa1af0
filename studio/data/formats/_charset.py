"""Which legacy encoding a text without a mark is in.

The double-byte encodings of East Asia are told apart by where their everyday characters stand: each standard puts them
in one block of lead bytes (GB 2312 level 1, Big5 level 1, JIS level 1 and kana, KS X 1001 Hangul). Text in the right
encoding falls almost wholly into that block, text in another does not. Single-byte encodings go to charset-normalizer.
"""

from __future__ import annotations

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
_SINGLE_BYTE = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "cp874"]
_ALMOST = 0.02  # cp1252 wins unless another is clearly cleaner


def guess(data: bytes) -> str:
    """The most likely encoding of `data`, which is not UTF-8."""
    telling = b"\n".join(line for line in data[: 20 * _SAMPLE].splitlines() if not line.isascii())
    if len(telling) > _SAMPLE:
        telling = telling[: telling.rfind(b"\n", 0, _SAMPLE) + 1] or telling[:_SAMPLE]
    shares = {kind.name: _everyday_share(telling, kind) for kind in _DOUBLE_BYTE}
    best = max(shares, key=lambda name: round(shares[name], 2))
    return best if shares[best] >= _ENOUGH else _single_byte(telling)


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

    matches = from_bytes(data, cp_isolation=_SINGLE_BYTE, threshold=0.5)
    best = matches.best()
    if best is None:
        return "cp1252"
    western = [match for match in matches if "cp1252" in (match.encoding, *match.could_be_from_charset)]
    if western and western[0].chaos <= best.chaos + _ALMOST and western[0].coherence >= best.coherence - 0.1:
        return "cp1252"
    return str(best.encoding)
