"""Bytes to text: byte order marks, UTF-8, UTF-16, UTF-32, then detection. Knows no file format.

A file is looked through once to find its encoding and to count what cannot be read, then read line by line: memory does
not grow with it.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.data.formats import _charset
from studio.data.notes import cut, note, plural
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
_BLOCK = 1 << 20
_REPLACEMENT = "\ufffd"
_BINARY_SHARE = 0.02  # control characters beyond this share are not a text's
_HEAD_LETTERS = 16_000_000


@dataclass(frozen=True)
class Text:
    """A text that can be read again and again, how it is decoded, and what is lost in that.

    `likely` are encodings in which it could be as well, where nothing in the file says which is right.
    """

    open: Callable[[], BinaryIO]
    encoding: str
    start: int
    named: bool
    replaced: int = 0
    nuls: int = 0
    likely: tuple[str, ...] = ()

    def _reader(self) -> io.TextIOWrapper:
        raw = self.open()
        raw.seek(self.start)
        return io.TextIOWrapper(raw, self.encoding, errors="replace", newline="")

    @property
    def text(self) -> str:
        """All of it in one piece."""
        return "".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Lines with their ends; only CR, LF and CRLF end one."""
        first = True
        with self._reader() as reader:
            for line in reader:
                shown = line.removeprefix("\ufeff") if first else line
                first = False
                yield whole(shown) if self.named or self.nuls else shown

    def pieces(self) -> Iterator[str]:
        """The text in pieces of about a million characters, for formats in which lines mean nothing."""
        with self._reader() as reader:
            while piece := reader.read(_BLOCK):
                yield whole(piece) if self.named or self.nuls else piece

    def head(self, lines: int) -> list[str]:
        """The first lines, fewer where they are very long."""
        found, letters = [], 0
        for line in self.lines():
            found.append(line)
            letters += len(line)
            if len(found) == lines or letters > _HEAD_LETTERS:
                break
        return found

    def notes(self) -> list[Finding]:
        found = []
        if self.encoding not in ("utf-8", "ascii"):
            found.append(self._encoding_note())
        if self.replaced:
            message = (
                f"{plural(self.replaced, 'character')} could not be read as {self.encoding}. "
                "If the texts look wrong, name the encoding with --option encoding=NAME."
            )
            found.append(note("replaced_characters", message, self.replaced, severity="warning"))
        if self.nuls:
            found.append(note("nul_bytes", f"{plural(self.nuls, 'NUL byte')} removed.", self.nuls, severity="warning"))
        return found

    def _encoding_note(self) -> Finding:
        if not self.likely:
            return note("encoding", f"The text was read as {self.encoding}.", 1)
        message = (
            f"The file does not say its encoding; by its characters it was read as {self.encoding}. "
            "If the texts look wrong, name the right one with --option encoding=NAME."
        )
        severity = "info" if self.encoding in _charset.TELLING else "warning"
        return note("encoding", message, 1, self._previews(), severity)

    def _previews(self) -> list[str]:
        """The same line in each of the encodings that come into question."""
        with self.open() as raw:
            line = next((line for line in raw if not line.isascii()), b"")[:400]
        seen = {name: line.decode(name, "replace").strip() for name in (self.encoding, *self.likely)}
        return [cut(f"{name}: {text}") for name, text in seen.items()]


def read(path: Path, encoding: str | None) -> Text:
    """The text of a file. Raises EmptyFile, DataError (not a text), InvalidOption (unknown encoding)."""
    return _examined(lambda: path.open("rb"), encoding, path.name)


def decode(data: bytes, encoding: str | None, name: str) -> Text:
    """The text of `data`; `name` is for messages."""
    return _examined(lambda: io.BytesIO(data), encoding, name)


def _examined(open_: Callable[[], BinaryIO], encoding: str | None, name: str) -> Text:
    with open_() as raw:
        head = raw.read(_SAMPLE)
        if not head.strip() and not any(block.strip() for block in _blocks(raw)):
            raise EmptyFile(f"{name} is empty.", next="Add rows to it, then import it again.")
    mark = next((m for m in _MARKS if head.startswith(m[0])), None)
    likely: tuple[str, ...] = ()
    if encoding:
        chosen = check_name(encoding)
    elif mark:
        chosen = mark[1]
    else:
        chosen, likely = _detect(open_, head)
    start = len(mark[0]) if mark and chosen == mark[1] else 0
    try:
        text = _count(Text(open_, chosen, start, bool(encoding), likely=likely))
        sample = _sample(text)
    except (UnicodeError, LookupError):
        raise _no_encoding(chosen) from None
    if not encoding and _looks_binary(sample):
        raise DataError(f"{name} does not hold readable text.", next="Import a table, JSON lines or a zip of images.")
    return text


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, for telling formats apart; the character cut at the end does not matter."""
    mark = next((m for m in _MARKS if head.startswith(m[0])), None)
    encoding = mark[1] if mark else (_charset.wide(head) or "utf-8")
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


def check_name(encoding: str) -> str:
    """Python's name of a text encoding. Raises InvalidOption where there is none."""
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


def _blocks(raw: BinaryIO) -> Iterator[bytes]:
    while block := raw.read(_BLOCK):
        yield block


def _detect(open_: Callable[[], BinaryIO], head: bytes) -> tuple[str, tuple[str, ...]]:
    """The encoding of a file without a mark, and others that it could be in."""
    wide = _charset.wide(head)
    if wide:
        return wide, ()
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_() as raw:
            for block in _blocks(raw):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        telling = _telling(open_)
        return ("utf-8", ()) if _mostly_utf8(telling) else _charset.guess(telling)
    return "utf-8", ()


def _telling(open_: Callable[[], BinaryIO]) -> bytes:
    """The first lines that are not plain ASCII: what an encoding is known by."""
    found = bytearray()
    with open_() as raw:
        while len(found) < _SAMPLE and (line := raw.readline(_SAMPLE)):
            if not line.isascii():
                found += line
    return bytes(found)


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few bad bytes stand in a text that is UTF-8 otherwise (a cut or a pasted byte)."""
    text = data.decode("utf-8", "replace")
    bad = text.count(_REPLACEMENT)
    good = sum(1 for c in text if c > "\x7f") - bad
    return good > 20 * bad


def _count(text: Text) -> Text:
    """The text with the numbers of NULs and of characters that cannot be read."""
    decoder = codecs.getincrementaldecoder(text.encoding)("replace")
    replaced = already = nuls = 0
    mark = _REPLACEMENT.encode() if text.encoding == "utf-8" else b""
    with text.open() as raw:
        raw.seek(text.start)
        for block in _blocks(raw):
            found = decoder.decode(block)
            nuls += found.count("\0") if b"\0" in block else 0
            replaced += 0 if found.isascii() else found.count(_REPLACEMENT)
            already += block.count(mark) if mark and replaced else 0
    replaced += decoder.decode(b"", final=True).count(_REPLACEMENT)
    return Text(text.open, text.encoding, text.start, text.named, max(0, replaced - already), nuls, text.likely)


def _sample(text: Text) -> str:
    with text.open() as raw:
        raw.seek(text.start)
        return raw.read(_SAMPLE).decode(text.encoding, "replace")


def _looks_binary(sample: str) -> bool:
    controls = len(re.findall(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]", sample))
    return controls > max(3.0, _BINARY_SHARE * len(sample))
