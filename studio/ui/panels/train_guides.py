"""What each method does and where it does not apply: the words of the documentation, behind a heading that opens.

The English page shows the documentation itself; the Chinese page has its own words.
"""

from __future__ import annotations

import gradio as gr

from studio.api import Studio
from studio.ui.shared import Page
from studio.ui.words import Say

SHOWN = ("How it works", "Where it does not apply")


def build(page: Page) -> gr.Markdown:
    """A closed part with a guide for each method."""
    with gr.Accordion(page.say("train.guide"), open=False, elem_id="train-guide"):
        return gr.Markdown(guides(page.studio, page.say), elem_id="train-guides")


def guides(studio: Studio, say: Say) -> str:
    """All guides as Markdown. Every word is ours: nothing that people brought is in it."""
    return "\n\n".join(_guide(studio, method["name"], method["label"], say) for method in studio.methods())


def _guide(studio: Studio, name: str, label: str, say: Say) -> str:
    found = studio.choices.method_guide(name)
    english = "\n\n".join(text for text in map(found["sections"].get, SHOWN) if text)
    return f"### {say.core(f'method.{name}', label)}\n\n{say.core(f'guide.method.{name}', english)}"
