"""How a finding says what it says: in one line, with a few examples, and with numbers that agree with their nouns."""

from __future__ import annotations

from collections.abc import Sequence

from studio.data.store import Finding

EXAMPLES = 5
EXAMPLE_LENGTH = 200


def note(code: str, message: str, count: int, examples: Sequence[str] = (), severity: str = "info") -> Finding:
    """A finding made while reading: nothing that a mend could change."""
    shown = [cut(example) for example in examples[:EXAMPLES]]
    return Finding(code=code, severity=severity, message=message, count=count, examples=shown, fix=None)


def replaced_note(places: Sequence[str], name: str, count: int | None = None) -> list[Finding]:
    """What to say of rows that a file given for their split replaces: nothing where there are none.

    `count` is how many there are where `places` are only the first.
    """
    if not places:
        return []
    count = count or len(places)
    message = f"{plural(count, 'row')} of {name} were left out: a file of its own was given for their split."
    return [note("replaced_rows", message, count, places)]


def cut(text: str) -> str:
    """The text in one line of at most 200 characters."""
    line = " ".join(text[: 4 * EXAMPLE_LENGTH].split())
    return line if len(line) <= EXAMPLE_LENGTH else line[: EXAMPLE_LENGTH - 1] + "…"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 row", "1,200 rows"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
