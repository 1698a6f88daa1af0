"""The panel Train."""

from __future__ import annotations

import gradio as gr

from studio.ui.shared import Page


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
