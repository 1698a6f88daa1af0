"""How an answer in words is compared with those that are right: exact match and F1, as SQuAD measures them.

Rajpurkar et al. 2016 (arXiv:1606.05250) and 2018 (arXiv:1806.03822): without case, punctuation and English articles.
Writing without spaces between words is compared character by character.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence

_ARTICLES = {"a", "an", "the"}
# Thai, Lao, Burmese, Khmer; Japanese; Chinese characters, also those beyond the first plane.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def words(text: str) -> list[str]:
    """What of an answer is compared: its words, or characters of writing without spaces."""
    plain = "".join(character for character in text.lower() if not _is_punctuation(character))
    return [word for word in _UNSPACED.sub(r" \g<0> ", plain).split() if word not in _ARTICLES]


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


def exact(answer: str, right: Sequence[str]) -> float:
    """1 if the answer says the same as one of those that are right; no answer is right where there are none."""
    return float(any(words(answer) == words(one) for one in right or [""]))


def f1(answer: str, right: Sequence[str]) -> float:
    """The best F1 of the answer's words against those of a right one, in [0, 1]."""
    return max(_f1(words(answer), words(one)) for one in right or [""])


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted))
