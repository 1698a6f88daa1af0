"""Records as the panel Data is given them, hostile texts to show, and what the markup made of them holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import fields
from html.parser import HTMLParser
from typing import Any, TypeVar

import gradio as gr

from studio.api import Studio
from studio.ui.panels.data_reading import Shape
from studio.ui.shared import Page
from studio.ui.words import speaker

T = TypeVar("T")

HOSTILE = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "${alert(1)} {{constructor}}",
    "a\u202egnp.exe\x00\x1b[31m",
    "' onmouseover='alert(1)",
)
TEXTS = Shape(("text",), "label", {"text": "text", "label": "label"}, {"text": "Text", "label": "Label"})
WORDS = Shape(("tokens",), "tags", {"tokens": "tokens", "tags": "tags"}, {"tokens": "Words", "tags": "Tags"})
IMAGES = Shape(("image",), "label", {"image": "image", "label": "label"}, {"image": "Image", "label": "Label"})


def record(**changes: Any) -> dict[str, Any]:
    """The summary of a dataset of six texts in two classes."""
    base: dict[str, Any] = {
        "dataset": "0" * 26,
        "name": "reviews",
        "task": "text_classification",
        "columns": [
            {"name": "body", "role": "text"},
            {"name": "kind", "role": "label"},
            {"name": "note", "role": None},
        ],
        "rows": 6,
        "labels": [{"name": "bad", "count": 3}, {"name": "good", "count": 3}],
        "sheets": [],
        "splits": {"train": 4, "valid": 1, "test": 1},
        "split_note": "Split at random, class by class: 80 % train, 10 % valid, 10 % test.",
        "image_size": None,
        "findings": [],
        "skipped": [],
        "skipped_count": 0,
        "options": {},
    }
    return base | changes


def finding(**changes: Any) -> dict[str, Any]:
    base = {"code": "duplicates", "severity": "info", "message": "2 rows repeat another row.", "count": 2}
    return base | {"examples": [], "fix": "duplicates"} | changes


class Elements(HTMLParser):
    """The elements, attributes and words of some markup."""

    def __init__(self, source: object) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(str(source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


def assert_harmless(source: object) -> None:
    """Nothing that a user wrote has become an element, a handler, a template or an address."""
    found = Elements(source)
    assert not {"script", "svg", "iframe", "object", "style"} & set(found.names) or "data-histogram" in str(source)
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert all(str(value).startswith("image/") for value in found.values("src"))
    assert not any(mark in str(source) for mark in ("${", "{{", "\u202e", "\x00", "\x1b"))


def on_page(studio: Studio, build: Callable[[Page], T]) -> tuple[Page, T]:
    """Some parts on a page of their own, built in an event loop, since Gradio otherwise leaves its own open."""

    async def built() -> tuple[Page, T]:
        with gr.Blocks(analytics_enabled=False):
            names = [field.name for field in fields(Page) if field.type == "gr.Textbox"]
            boxes: dict[str, Any] = {name: gr.Textbox("", label=name) for name in names}
            page = Page(studio=studio, say=speaker("en"), tabs=gr.Tabs(), **boxes)
            return page, build(page)

    return asyncio.run(built())
