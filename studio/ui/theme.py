"""How the page looks: Gradio's base theme in our colours and the system's own fonts, and what goes into its head."""

from __future__ import annotations

from typing import Any

import gradio as gr

_FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "sans-serif",
)
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
_STYLES = (
    "vendor/uplot/uPlot.min.css",
    "page/studio.css",
    "page/charts.css",
    "page/live.css",
    "page/runs.css",
    "page/data.css",
    "page/result.css",
    "page/train.css",
)
_SCRIPTS = (
    "page/page.js",
    "vendor/uplot/uPlot.iife.min.js",
    "page/charts.js",
    "page/data.js",
    "page/result.js",
    "page/train.js",
)
_LOCALES = {"en": "en", "zh": "zh-CN"}


def appearance(language: str) -> dict[str, Any]:
    """Theme and head as `mount_gradio_app` takes them. No address but our own."""
    styles = "".join(f'<link rel="stylesheet" href="assets/{name}">' for name in _STYLES)
    scripts = "".join(f'<script src="assets/{name}"></script>' for name in _SCRIPTS)
    # Gradio takes the language of its own words from the browser's; the page's language wins.
    locale = _LOCALES[language]
    choose = (
        f"<script>Object.defineProperty(navigator,'language',{{get:()=>'{locale}'}});"
        f"document.documentElement.lang='{locale}';</script>"
    )
    return {"theme": _theme(), "head": choose + styles + scripts}


def _theme() -> gr.themes.Base:
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=_FONTS,
        font_mono=_MONO,
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_title_text_weight="600",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        button_cancel_background_fill="#b91c1c",
        button_cancel_background_fill_hover="#991b1b",
        button_cancel_background_fill_dark="#b91c1c",
        button_cancel_background_fill_hover_dark="#dc2626",
        button_cancel_text_color="white",
        button_cancel_text_color_dark="white",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )
