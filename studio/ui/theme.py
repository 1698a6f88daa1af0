"""How the page looks: Gradio's base theme in our colours and the system's own fonts, and what goes into its head."""

from __future__ import annotations

import json

import gradio as gr

from studio.ui.words import speaker

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


def locale(language: str) -> str:
    """The language as browsers name it."""
    return _LOCALES[language]


def head(language: str) -> str:
    """Markup for the top of the document's head: Gradio's own words in the page's language, and our scripts.

    Gradio takes the language of its words from the browser's; the page's wins. The titles of its messages it has in
    English alone, whatever title a message is given. No address but our own.
    """
    chosen = f"<script>Object.defineProperty(navigator,'language',{{get:()=>'{locale(language)}'}});</script>"
    scripts = "".join(f'<script src="assets/{name}"></script>' for name in _SCRIPTS)
    return chosen + _titles(language) + scripts


def _titles(language: str) -> str:
    say = speaker(language)
    rules = [
        f".toast-title.{kind}::before{{content:{json.dumps(say(f'toast.{kind}'), ensure_ascii=False)};font-size:1rem}}"
        for kind in ("error", "warning", "info")
    ]
    return f"<style>.toast-title{{font-size:0!important}}{''.join(rules)}</style>"


def styles() -> str:
    """Our styles as markup, for a place behind Gradio's own."""
    return "".join(f'<link rel="stylesheet" href="assets/{name}">' for name in _STYLES)


def theme() -> gr.themes.Base:
    """Gradio's base theme in our colours and the system's own fonts."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=_FONTS,
        font_mono=_MONO,
    )
    chosen: gr.themes.Base = base.set(
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
    return chosen
