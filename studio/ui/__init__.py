"""The Gradio page: one `Blocks` per language. `build` makes it; the HTTP shell gives it `theme` and `head`."""

from studio.ui.layout import build
from studio.ui.theme import head, locale, theme
from studio.ui.words import LANGUAGES

__all__ = ["LANGUAGES", "build", "head", "locale", "theme"]
