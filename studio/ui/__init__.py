"""The Gradio page: one `Blocks` per language. `build` makes it, `appearance` is what the HTTP shell mounts it with."""

from studio.ui.layout import build
from studio.ui.theme import appearance
from studio.ui.words import LANGUAGES

__all__ = ["LANGUAGES", "appearance", "build"]
