"""Texts that say nothing, give their class away, or are too long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from studio.contracts import ColumnKind
from studio.data.checks._look import Check, Look, Mask, Numbers, finding, percent
from studio.data.notes import plural
from studio.data.numbers import is_number
from studio.data.store import Finding

if TYPE_CHECKING:
    import pyarrow as pa

    from studio.data.rows import Rows

_LONG_TOKENS = 512  # what the usual encoders read of a text
_LETTERS_PER_TOKEN = 4
SAMPLE = 20_000  # texts in which names of classes, scripts and languages are looked for
LETTERS = 2_000  # of each of them
_TELLING, _ELSEWHERE = 0.8, 0.05  # share of a class's texts that hold its name, and of the other texts
_FEWEST = 5  # texts of a class from which that is judged
_SHORTEST = 2  # letters of a name that is looked for


def wordless(look: Look) -> Mask:
    """Rows with a text that has not a single letter, digit or symbol."""
    import pyarrow.compute as pc

    if look.kind is not ColumnKind.TEXT:
        return np.zeros(len(look.rows), dtype=bool)
    said = [np.asarray(pc.match_substring_regex(column, r"[\p{L}\p{N}\p{S}]"), dtype=bool) for column in look.columns]
    return np.asarray(~np.logical_and.reduce(said), dtype=bool)


def _wordless_texts(look: Look) -> Finding | None:
    places = np.flatnonzero(wordless(look))
    message = f"{plural(len(places), 'text holds', 'texts hold')} no letter, digit or symbol."
    return finding("wordless_texts", "warning", message, len(places), look.shown(places), mendable=True)


def _long_texts(look: Look) -> Finding | None:
    if look.kind is not ColumnKind.TEXT or look.rows.task.windowed:
        return None
    import pyarrow.compute as pc

    letters = np.asarray(pc.utf8_length(look.inputs), dtype=np.float64)
    wide = (np.asarray(pc.binary_length(look.inputs), dtype=np.float64) - letters) / 2  # East Asian: 3 bytes each
    places = np.flatnonzero((letters - wide) / _LETTERS_PER_TOKEN + wide > _LONG_TOKENS)
    message = (
        f"{plural(len(places), 'text is', 'texts are')} longer than most models read"
        f" ({percent(len(places) / max(1, len(letters)))} of all); the rest of them is cut off."
    )
    return finding("long_texts", "info", message, len(places), look.shown(places))


# Names of classes in the texts ---------------------------------------------------------------------------------------


def telling(look: Look) -> dict[int, list[str]]:
    """Classes whose name stands in most of their texts and in hardly any other, with the words of the name.

    Judged on a sample. A model of such texts learns to look for the name, and fails where it is missing.
    """
    if look.kind is not ColumnKind.TEXT or not look.rows.classed:
        return {}
    import pyarrow.compute as pc

    places = sampled(look)
    classes, texts = look.rows.classes()[places], pc.utf8_lower(column(look, places))
    counts = np.bincount(classes, minlength=len(look.rows.labels))
    found = {}
    for number in np.flatnonzero(counts >= _FEWEST).tolist():
        words = _words(look.rows.labels[number])
        if not words:
            continue
        pattern = _pattern(words, r"[^\p{L}\p{N}]")
        own, others = np.flatnonzero(classes == number), np.flatnonzero(classes != number)
        if _share(texts, own[:200], pattern) < _TELLING or _share(texts, own, pattern) < _TELLING:
            continue
        if _share(texts, others, pattern) <= _ELSEWHERE:
            found[number] = words
    return found


def _words(label: str) -> list[str]:
    """The words of a class name; none where they say too little to be looked for, such as a number."""
    words = re.findall(r"[^\W_]+", label.lower())
    return [] if is_number(label) or len("".join(words)) < _SHORTEST else words


def _pattern(words: Sequence[str], other: str) -> str:
    """Finds the words of a name as such. `other` is what stands around and between them: no letter and no digit."""
    body = f"{other}*".join(words)
    if not body.isascii():
        return body  # writing without spaces has no ends of words
    return f"(?:^|{other})(?:label)?{body}(?:$|{other})"


def _share(texts: pa.ChunkedArray, places: Numbers, pattern: str) -> float:
    import pyarrow as pa
    import pyarrow.compute as pc

    held = pc.sum(pc.match_substring_regex(texts.take(pa.array(places)), pattern)).as_py()
    return (held or 0) / max(1, len(places))


def _label_in_text(look: Look) -> Finding | None:
    names = [look.rows.labels[number] for number in telling(look)]
    message = (
        f"The texts of {plural(len(names), 'class', 'classes')} hold the name of their class, which gives the answer"
        " away; new texts will not."
    )
    return finding("label_in_text", "warning", message, len(names), names, mendable=True)


def _without_names(look: Look) -> Rows:
    """Take the name of its class out of each text that tells it; a text that is nothing else stays as it is."""
    from studio.data.rows import with_texts

    columns, classes = [column.to_pylist() for column in look.columns], look.rows.classes()
    names = {n: re.compile(_pattern(words, r"[\W_]"), re.IGNORECASE) for n, words in telling(look).items()}
    for place in np.flatnonzero(np.isin(classes, list(names))).tolist():
        for texts in columns:
            cut = " ".join(names[int(classes[place])].sub(" ", texts[place]).split())
            texts[place] = cut or texts[place]
    return with_texts(look.rows, *columns)


def sampled(look: Look) -> Numbers:
    """Places of rows, spread evenly, that are looked at closely."""
    return np.arange(0, len(look.rows), max(1, -(-len(look.rows) // SAMPLE)), dtype=np.int64)


def column(look: Look, places: Numbers) -> pa.ChunkedArray:
    """The first letters of the texts at these places."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.utf8_slice_codeunits(look.inputs.take(pa.array(places)), 0, LETTERS)


CHECKS = (
    Check("wordless_texts", _wordless_texts, lambda look: look.rows.take(~wordless(look))),
    Check("label_in_text", _label_in_text, _without_names),
    Check("long_texts", _long_texts),
)
