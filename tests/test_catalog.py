"""A catalog keeps its order, knows its names, and explains a wrong one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.catalog import Catalog, unknown
from studio.errors import UnknownName


@dataclass(frozen=True)
class Entry:
    name: str


FRUIT = Catalog("fruit", (Entry("pear"), Entry("apple"), Entry("quince")))


def test_entries_are_found_by_name_in_the_order_given() -> None:
    assert list(FRUIT) == ["pear", "apple", "quince"]
    assert FRUIT["apple"] == Entry("apple")
    assert len(FRUIT) == 3
    assert "apple" in FRUIT


def test_a_wrong_name_is_answered_with_what_exists_and_what_was_likely_meant() -> None:
    with pytest.raises(UnknownName) as refused:
        FRUIT["aple"]
    assert str(refused.value) == "There is no fruit named 'aple'. Known: pear, apple, quince. Did you mean 'apple'?"


def test_a_name_that_resembles_nothing_gets_no_guess() -> None:
    assert unknown("fruit", "zzzz", ("pear",)).next == ""


def test_an_empty_catalog_says_so() -> None:
    assert str(unknown("fruit", "pear", ())) == "There is no fruit named 'pear'. There is no fruit yet."


def test_two_entries_of_one_name_are_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="share a name"):
        Catalog("fruit", (Entry("pear"), Entry("pear")))


@given(st.text())
def test_asking_whether_a_name_is_known_never_fails(name: str) -> None:
    assert (name in FRUIT) is (name in list(FRUIT))


def test_a_catalog_cannot_be_changed() -> None:
    assert not hasattr(FRUIT, "__setitem__")
    assert not hasattr(FRUIT, "update")
