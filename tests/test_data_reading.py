"""How a file is to be read is decided by the file, unless somebody says otherwise."""

from __future__ import annotations

from studio.data.reading import ReadOptions


def test_without_a_word_the_content_decides() -> None:
    told = ReadOptions()
    assert (told.encoding, told.delimiter, told.header, told.sheet, told.scratch) == (None,) * 5
    assert told.ragged is False
