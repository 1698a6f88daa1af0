"""The page's look: only addresses of our own, and the language that the page was asked in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from studio.ui import LANGUAGES, head, styles, theme

ASSETS = Path(__file__).parent.parent / "assets"


@pytest.mark.parametrize("language", LANGUAGES)
def test_styles_and_scripts_are_files_of_ours(language: str) -> None:
    named = re.findall(r'(?:src|href)="([^"]+)"', head(language) + styles())
    assert named
    assert [name for name in named if not (ASSETS.parent / name).is_file()] == []


def test_the_words_of_gradio_follow_the_language_of_the_page() -> None:
    assert "zh-CN" in head("zh")
    assert "zh-CN" not in head("en")
    assert 'content:"操作未成功"' in head("zh")


def test_the_theme_fetches_no_font_from_anywhere() -> None:
    ours: Any = theme()
    assert ours._stylesheets == []
    assert "http" not in ours._get_theme_css().replace("http://www.w3.org/2000/svg", "")  # a name, not an address


@pytest.mark.parametrize("path", sorted((ASSETS / "page").glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_load_nothing(path: Path) -> None:
    sheet = path.read_text(encoding="utf-8")
    assert "@import" not in sheet
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", sheet)
