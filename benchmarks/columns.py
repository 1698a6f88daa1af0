"""A table of texts that are formatted already: the first column at the left, the others at the right."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Headers, a rule and the rows, one a line."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = [headers, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))])
        for line in lines
    )


def fixed(value: float | None, digits: int = 1) -> str:
    """A number with this many decimals and thousands separators; a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}"
