"""Bytes to text: byte order marks, UTF-8, UTF-16, then detection. Knows no file format."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from pathlib import Path

from studio.data.formats import _charset
from studio.data.formats._records import note, plural
from studio.data.store import Finding
from studio.errors import DataError, EmptyFile, InvalidOption

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXTS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")  # of names and of source text
_SAMPLE = 200_000
_REPLACEMENT = "\ufffd"
_BINARY_SHARE = 0.02  # control characters beyond this share are not a text's


@dataclass(frozen=True)
class Decoded:
    """A file's text, how it was decoded, and what was lost."""

    text: str
    encoding: str
    replaced: int
    nuls: int

    def lines(self) -> list[str]:
        """Lines with their ends; only CR, LF and CRLF end one."""
        return io.StringIO(self.text, newline="").readlines()

    def notes(self) -> list[Finding]:
        found = []
        if self.encoding not in ("utf-8", "ascii"):
            found.append(note("encoding", f"The text was read as {self.encoding}.", 1))
        if self.replaced:
            message = (
                f"{plural(self.replaced, 'character')} could not be read as {self.encoding}. "
                "If the texts look wrong, name the encoding with --option encoding=NAME."
            )
            found.append(note("replaced_characters", message, self.replaced, severity="warning"))
        if self.nuls:
            found.append(note("nul_bytes", f"{plural(self.nuls, 'NUL byte')} removed.", self.nuls, severity="warning"))
        return found


def read(path: Path, encoding: str | None) -> Decoded:
    """The text of a file. Raises EmptyFile, DataError (not a text), InvalidOption (unknown encoding)."""
    return decode(path.read_bytes(), encoding, path.name)


def decode(data: bytes, encoding: str | None, name: str) -> Decoded:
    """The text of `data`; `name` is for messages."""
    if not data.strip():
        raise EmptyFile(f"{name} is empty.", next="Add rows to it, then import it again.")
    mark = next((m for m in _MARKS if data.startswith(m[0])), None)
    chosen = _check_name(encoding) if encoding else (mark[1] if mark else _detect(data))
    if mark and (not encoding or chosen == mark[1]):
        data = data[len(mark[0]) :]
    try:
        text, replaced = _decode_counting(data, chosen)
    except (UnicodeError, LookupError):
        raise _no_encoding(chosen) from None
    if encoding:
        text = whole(text)  # some encodings can write halves of surrogate pairs
    nuls = text.count("\0")
    text = text.replace("\0", "").removeprefix("\ufeff")
    if not encoding and _looks_binary(text):
        raise DataError(
            f"{name} does not hold readable text.", next="Import a text table, JSON lines or a zip of images."
        )
    return Decoded(text, chosen, replaced, nuls)


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, for telling formats apart; the character cut at the end does not matter."""
    mark = next((m for m in _MARKS if head.startswith(m[0])), None)
    encoding = mark[1] if mark else (_wide(head) or "utf-8")
    return head[len(mark[0]) if mark else 0 :].decode(encoding, "replace").removeprefix("\ufeff")


def whole(text: str) -> str:
    """The text without NULs, and with halves of surrogate pairs (which no file can hold) replaced by '?'."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def detect_names(names: list[bytes]) -> str:
    """The encoding of file names without a mark: one for all of them, since one program wrote them."""
    joined = b"\n".join(names)
    try:
        joined.decode("utf-8")
    except UnicodeDecodeError:
        return _charset.guess(joined)
    return "utf-8"


def _check_name(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):
        raise _no_encoding(encoding) from None
    if not found._is_text_encoding or found.name.replace("_", "-") in _NO_TEXTS:
        raise _no_encoding(encoding)
    return found.name


def _no_encoding(name: str) -> InvalidOption:
    return InvalidOption(
        f"There is no text encoding named '{name}'.", next="Usual ones: utf-8, gb18030, big5, cp1252, utf-16."
    )


def _detect(data: bytes) -> str:
    wide = _wide(data[:4096])
    if wide:
        return wide
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _mostly_utf8(data) else _charset.guess(data)
    return "utf-8"


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly Latin text is NUL."""
    if len(sample) < 8:
        return None
    half = len(sample) // 2
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else None


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few bad bytes stand in a text that is UTF-8 otherwise (a cut or a pasted byte)."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    bad = text.count(_REPLACEMENT)
    good = sum(1 for c in text if c > "\x7f") - bad
    return good > 20 * bad


def _decode_counting(data: bytes, encoding: str) -> tuple[str, int]:
    try:
        return data.decode(encoding), 0
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        already = data.count(_REPLACEMENT.encode("utf-8")) if encoding == "utf-8" else 0
        return text, text.count(_REPLACEMENT) - already


def _looks_binary(text: str) -> bool:
    sample = text[:_SAMPLE]
    controls = len(re.findall(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]", sample))
    return controls > max(3.0, _BINARY_SHARE * len(sample))
