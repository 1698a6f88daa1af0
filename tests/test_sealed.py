"""A sealed object comes back as it was, or is known to be damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio import files, sealed

VALUE = {"name": "é", "rate": 2e-05, "steps": [1, 2], "none": None, "nested": {"b": 1.0, "a": True}}
objects = some.dictionaries(
    some.text().filter(lambda name: name != sealed.KEY), some.integers() | some.floats() | some.text()
)


@given(objects)
def test_what_was_sealed_comes_back(value: dict[str, Any]) -> None:
    assert repr(sealed.unseal(sealed.seal(value))) == repr(value)


def test_a_file_is_read_as_it_was_written_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    for write in (sealed.write, sealed.write_volatile):
        write(tmp_path / "a.json", VALUE)
        assert sealed.read(tmp_path / "a.json") == VALUE
    files.write_json(tmp_path / "b.json", dict(reversed(sealed.seal(VALUE).items())))
    assert sealed.read(tmp_path / "b.json") == VALUE


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    sealed.write(path, VALUE)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            harmed = bytearray(content)
            harmed[place] ^= 1 << bit
            path.write_bytes(bytes(harmed))
            try:
                assert sealed.read(path) == VALUE  # white space
            except ValueError:
                continue


@pytest.mark.parametrize("content", [b"", b"[1]", b"{}", b"null", b'{"name": 1}', b'{"sha256": 1}', b"\xff"])
def test_what_is_no_sealed_object_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        sealed.read(tmp_path / "a.json")
