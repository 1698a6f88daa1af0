"""Which tokens of a text are hidden, and what stands there instead (Devlin et al. 2019, arXiv:1810.04805, section 3.1).

Works on numbers and strings alone: knows neither networks nor rows.
"""

from __future__ import annotations

import re

import numpy as np

from studio.arrays import Integers

BLANK = re.compile(r"_{3,}|\[MASK\]|<mask>")  # what stands for a word that is asked for
MISSING = "The text has no blank. Write ___ in the place of each word to guess."
BEYOND = "The blank stands where the model does not read any more. Give a shorter text."
HIDDEN, LEFT = 0.8, 0.1  # shares of the chosen tokens that become the mask, and that stay; others become any token
_LETTERS = 60  # of a text with a gap, where it has few words


def blanked(text: str, mask: str) -> str:
    """The text with the tokenizer's mask wherever a word is asked for."""
    return BLANK.sub(mask, text)


def gapped(text: str, most: int) -> str:
    """The beginning of a text, at most so many words, with a blank in its middle."""
    words = text.split()[:most]
    if len(words) > 3:
        return " ".join([*words[: len(words) // 2], "___", *words[len(words) // 2 + 1 :]])
    middle = min(len(text), _LETTERS) // 2
    return f"{text[:middle]}___{text[middle + 1 : _LETTERS]}"


def count(candidates: int, share: float) -> int:
    """How many of so many tokens are chosen: a fixed number, so that chance decides which and not how many."""
    return min(candidates, max(1, round(share * candidates)))


def chosen(candidates: Integers, wanted: int, random: np.random.Generator, words: Integers | None) -> Integers:
    """`wanted` of the places in `candidates` [m], in order. With `words` [m], the word that each belongs to, whole
    words as long as they fit, and single tokens of others for what is left."""
    if words is None:
        return np.sort(random.permutation(candidates)[:wanted])
    found: list[int] = []
    rest: list[int] = []
    for word in random.permutation(np.unique(words)):
        places = candidates[words == word].tolist()
        if len(found) + len(places) <= wanted:
            found += places
        else:
            rest += places
        if len(found) == wanted:
            break
    return np.sort(np.array(found + rest[: wanted - len(found)], dtype=np.int64))


def altered(ids: Integers, places: Integers, random: np.random.Generator, mask: int, others: Integers) -> Integers:
    """The tokens with those at `places` [k] hidden: eight of ten by the mask, one by that of `others` [k], and one not
    at all."""
    found, draws = ids.copy(), random.random(len(places))
    found[places[draws < HIDDEN]] = mask
    replaced = draws >= HIDDEN + LEFT
    found[places[replaced]] = others[replaced]
    return found
