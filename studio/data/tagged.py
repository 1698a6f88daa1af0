"""Rows of words with tags in canonical form: every scheme of tags rewritten as BIO."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from studio.data import tags as schemes
from studio.data.canonical import Canonical
from studio.data.columns import Roles
from studio.data.formats._records import SkipLog
from studio.data.formats._spool import Cell
from studio.data.notes import note, plural
from studio.data.pieces import Counted, Piece, Source
from studio.data.rows import Rows, token_keys
from studio.data.store import Finding
from studio.errors import DataError


def rows(
    roles: Roles, sources: Sequence[Source], parts: Iterable[Piece], canonical: Canonical, skipped: SkipLog
) -> tuple[Rows, list[Finding]]:
    """One class per word."""
    given_tags = _all_tags(sources, roles.columns[roles.task.target.name])
    if schemes.numbered(given_tags - {""}):
        raise DataError(
            "The tags are numbers, and the file does not say what they mean.",
            where=f"Tags: {', '.join(sorted(given_tags - {''}, key=int)[:10])}.",
            next='Write the names of the tags in place of their numbers, such as "B-PER", "I-PER" and "O".',
        )
    bare, changed = schemes.typed(given_tags), Counted()
    lengths = [np.zeros(1, dtype=np.int32)]
    for piece in parts:
        faults = [_tag_fault(row, given) for row, given in zip(piece.inputs, piece.targets, strict=True)]
        words: list[Cell] = []
        lines: list[str] = []
        ids: list[int] = []
        for row, given, line, why in zip(piece.inputs, piece.targets, piece.lines, faults, strict=True):
            if why:
                skipped.add(line, why)
                continue
            pairs = [(word.strip(), tag.strip()) for word, tag in zip(row, given, strict=True) if word.strip()]
            bio = schemes.to_bio([tag for _, tag in pairs], bare)
            words.append([word for word, _ in pairs])
            lines.append(line)
            ids += map(canonical.number, bio)
            if bio != [tag for _, tag in pairs]:
                changed.add(line)
        lengths.append(np.array([len(row) for row in words], dtype=np.int32))
        canonical.targets.append(np.array(ids, dtype=np.int32))
        canonical.splits.append(piece.splits[np.array([not why for why in faults], dtype=np.bool_)])
        canonical.keys.append(token_keys(words))
        canonical.spool.add({roles.task.inputs[0].name: words, "line": lines}, range(len(words)))
    message = f"The tags of {plural(changed.count, 'row')} were rewritten so that every entity begins with B-."
    notes = [note("tags_rewritten", message, changed.count, changed.places)] if changed.count else []
    offsets = pa.array(np.cumsum(np.concatenate(lengths)), pa.int32())
    return canonical.rows(roles.task, offsets), notes


def _all_tags(sources: Sequence[Source], name: str) -> set[str]:
    """Every tag that occurs, trimmed."""
    found: set[str] = set()
    for source in sources:
        cells = source.table.columns.get(name)
        if cells is not None and cells.lists:
            for chunk in cells.arrow.chunks:
                found |= {tag.strip() for tag in pc.unique(chunk.flatten()).to_pylist()}
    return found


def _tag_fault(words: Cell, tags: Cell) -> str:
    """Why a row of words and tags cannot be used, or nothing."""
    if not isinstance(words, list) or not isinstance(tags, list) or not any(word.strip() for word in words):
        return "The row has no words or no tags."
    if len(words) != len(tags):
        return f"The row has {plural(len(words), 'word')} and {plural(len(tags), 'tag')}."
    return "" if all(tag.strip() for tag in tags) else "A word of the row has no tag."
