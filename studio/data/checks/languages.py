"""In how many scripts and languages the texts are, by the letters of a sample and the most frequent words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from studio.contracts import ColumnKind
from studio.data.checks import texts
from studio.data.checks._look import Check, Look, Numbers, finding, percent
from studio.data.checks._scripts import LANGUAGES, SCRIPTS
from studio.data.store import Finding

_OTHER = 0.01  # share of texts in another script or language from which it is told
_FEWEST = 2  # texts of it
_KNOWN = 0.2  # share of texts whose script or language is known, below which nothing is said
_FEW_WORDS = 2  # frequent words of a language that a text in it has, and more than of any other
_READ = 4_000  # texts whose words are looked at


def scripts(look: Look, places: Numbers) -> Numbers:
    """[n] the script of most letters of the texts at these places as a number in `SCRIPTS`; -1 where there is none."""
    import pyarrow.compute as pc

    column = texts.column(look, places)
    letters = np.stack([np.asarray(pc.count_substring_regex(column, pattern)) for pattern in SCRIPTS.values()])
    names = list(SCRIPTS)
    kana, han = names.index("Japanese"), names.index("Chinese")
    letters[kana] += np.where(letters[kana] > 0, letters[han], 0)  # Japanese is written in both
    return np.where(letters.max(axis=0) > 0, letters.argmax(axis=0), -1)


def languages(look: Look, places: Numbers) -> Numbers:
    """[n] the language of the texts at these places as a number in `LANGUAGES`; -1 where it is not known."""
    known: dict[str, list[int]] = {}
    for number, words in enumerate(LANGUAGES.values()):
        for word in words:
            known.setdefault(word, []).append(number)
    found = np.full(len(places), -1)
    for place, text in enumerate(texts.column(look, places).to_pylist()):
        hits = Counter(n for word in re.findall(r"[^\W\d_]+", text.lower()) for n in known.get(word, ()))
        best = hits.most_common(2)
        if best and best[0][1] >= _FEW_WORDS and (len(best) == 1 or best[0][1] > best[1][1]):
            found[place] = best[0][0]
    return found


def _mixed_scripts(look: Look) -> Finding | None:
    if look.kind is not ColumnKind.TEXT:
        return None
    places = texts.sampled(look)
    return _mixture("mixed_scripts", (look, places), scripts(look, places), list(SCRIPTS))


def _mixed_languages(look: Look) -> Finding | None:
    if look.kind is not ColumnKind.TEXT:
        return None
    places = texts.sampled(look)
    places = places[:: max(1, -(-len(places) // _READ))]
    return _mixture("mixed_languages", (look, places), languages(look, places), list(LANGUAGES))


def _mixture(code: str, where: tuple[Look, Numbers], found: Numbers, names: Sequence[str]) -> Finding | None:
    """A finding where a hundredth of the texts or more are in another script or language than most."""
    look, places = where
    counts = np.bincount(found[found >= 0], minlength=len(names))
    total, order = max(1, int(counts.sum())), np.argsort(-counts, kind="stable")
    others = [number for number in order[1:].tolist() if counts[number] >= max(_FEWEST, _OTHER * total)]
    if not others or total < _KNOWN * len(places):
        return None
    shares = ", ".join(f"{names[number]} {percent(counts[number] / total)}" for number in (int(order[0]), *others))
    what = code.removeprefix("mixed_")
    looked = "" if len(places) == len(look.rows) else f" (of {total:,} rows looked at)"
    message = f"The texts are in several {what}{looked}: {shares}."
    examples = look.shown(places[np.isin(found, others)])
    return finding(code, "info", message, int(counts[others].sum()), examples)


CHECKS = (Check("mixed_scripts", _mixed_scripts), Check("mixed_languages", _mixed_languages))
