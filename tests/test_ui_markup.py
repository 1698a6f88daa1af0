"""Markup: text of users never becomes markup, and nothing foreign can be loaded by it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ui.markup import Html, element, joined, text, visible


class Read(HTMLParser):
    """The elements and the text that a browser would see."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


@given(st.text())
def test_any_text_stays_text(value: str) -> None:
    read = Read(str(element("p", value, title=value)))
    assert [tag for tag, _ in read.elements] == ["p"]
    assert set(read.elements[0][1]) == {"title"}
    assert read.said == visible(value)


@given(st.text())
def test_no_template_of_the_page_is_left_in_a_text(value: str) -> None:
    assert not {"{", "}", "$"} & set(str(text(value)))


def test_elements_and_pieces_nest_and_nothing_is_left_out() -> None:
    row = element("tr", (element("td", cell) for cell in ("a", 1, None, 2.5)))
    assert str(joined(row, "<b>")) == "<tr><td>a</td><td>1</td><td></td><td>2.5</td></tr>&lt;b&gt;"


def test_attributes_are_named_as_in_html_and_left_out_where_there_is_none() -> None:
    shown = str(element("button", "x", cls="a", data_ask="1|2", disabled=True, title=None, hidden=False))
    assert shown == '<button class="a" data-ask="1|2" disabled>x</button>'


@pytest.mark.parametrize("name", ["script", "style", "iframe", "object", "base", "link", "meta", "embed"])
def test_elements_that_run_or_load_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        element(name)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("onclick", "alert(1)"),
        ("srcdoc", "x"),
        ("href", "javascript:alert(1)"),
        ("src", "https://example.org/x.png"),
        ("href", "//example.org"),
        ("src", "data:text/html,x"),
    ],
)
def test_attributes_that_run_or_lead_elsewhere_are_refused(attribute: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"attribute|addresses"):
        element("a", **{attribute: value})


def test_our_own_addresses_are_fine() -> None:
    assert 'src="image/abc/1.png?side=96"' in str(element("img", src="image/abc/1.png?side=96", alt=""))


def test_a_long_text_is_cut_and_says_so() -> None:
    assert str(text("a" * 300)) == "a" * 199 + "…"


def test_what_hides_or_turns_text_around_is_made_visible() -> None:
    assert visible("a\u202eb\x1b[0m") == "a[U+202E]b\u241b[0m"
    assert visible("two\nlines\tand a tab") == "two\nlines\tand a tab"


def test_markup_is_a_record_of_its_own_and_no_string() -> None:
    assert not isinstance(Html("x"), str)
