"""How a file has to look, task by task: the words of the documentation, behind a heading that opens.

The English page shows the documentation itself; the Chinese page has its own words.
"""

from __future__ import annotations

import gradio as gr

from studio.api import Studio
from studio.ui.shared import Page
from studio.ui.words import Say


def build(page: Page) -> gr.Markdown:
    """A closed part with a guide for each task."""
    with gr.Accordion(page.say("data.guide"), open=False, elem_id="data-guide"):
        return gr.Markdown(guides(page.studio, page.say), elem_id="data-guides")


def guides(studio: Studio, say: Say) -> str:
    """All guides as Markdown. Every word is ours: nothing that people brought is in it."""
    return "\n\n".join(_guide(studio, task["name"], task["label"], say) for task in studio.tasks())


def _guide(studio: Studio, name: str, label: str, say: Say) -> str:
    found = studio.choices.guide(name)
    english = f"{found['summary']}\n\n{found['sections'].get('File', '')}"
    return f"### {say.core(f'task.{name}', label)}\n\n{say.core(f'guide.{name}', english)}"
