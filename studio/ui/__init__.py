"""The Gradio page: one `Blocks` per language. `build` makes it; the HTTP shell adds `theme`, `head` and `styles`."""

from studio.ui.layout import build
from studio.ui.theme import head, locale, styles, theme
from studio.ui.words import LANGUAGES

__all__ = ["LANGUAGES", "build", "head", "locale", "styles", "theme"]
