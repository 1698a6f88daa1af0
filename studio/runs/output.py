"""What a run's worker wrote to its output, made harmless to look at."""

from __future__ import annotations

from studio.runs.store import Run


def tail(run: Run, most: int) -> str:
    """The last `most` bytes of what the worker wrote, with control characters replaced by their pictures."""
    content = run.output.read_bytes()[-most:] if run.output.is_file() else b""
    text = content.decode("utf-8", "replace")
    return "".join(c if c in "\n\t" or (c.isprintable() and c not in _BIDI) else _picture(c) for c in text)


_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _picture(character: str) -> str:
    """A visible stand-in: the control picture of U+0000 to U+001F, a replacement mark for the rest."""
    return chr(0x2400 + ord(character)) if ord(character) < 0x20 else "\ufffd"
