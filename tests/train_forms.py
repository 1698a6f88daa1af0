"""The panel Train without a browser: its parts, what it is told, and workspaces with a tiny dataset of each task."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from studio import settings
from studio.api import Studio, Wish
from studio.settings import Mode
from studio.tasks import TASKS
from studio.ui.panels.train_asked import Asked, Situation, situation
from studio.ui.panels.train_parts import Panel, lay_out
from studio.ui.shared import Page
from studio.ui.words import speaker
from tests import tiny

HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{value}} \u202egnp.exe"


@dataclass(frozen=True)
class Room:
    """A studio with a dataset of each task, and the panel's parts."""

    page: Page
    panel: Panel
    datasets: dict[str, str]

    @property
    def studio(self) -> Studio:
        return self.page.studio

    def asked(self, task: str, **changes: Any) -> Asked:
        """The form as it stands for a task's dataset when nobody has touched it."""
        dataset = self.datasets[task]
        spec = self.studio.draw_up(dataset, None, Wish())
        empty = ("",) * len(self.panel.advanced.form.fields)
        plain = Asked(dataset, "", "t", spec.model, "", "", spec.method, spec.preset, "", empty)
        return replace(plain, **changes)

    def entered(self, **texts: Any) -> tuple[Any, ...]:
        """The fields with these texts in those of the named options."""
        return tuple(texts.get(field.name, "") for field in self.panel.advanced.form.fields)

    def found(self, task: str, **changes: Any) -> Situation:
        return situation(self.studio, self.page.say, self.panel.advanced.form, self.asked(task, **changes))


def room(workspace: Path, language: str = "en", mode: Mode = Mode.LOCAL) -> Room:
    datasets = {task: tiny.dataset(workspace, task).id for task in TASKS}
    page, panel = laid_out(Studio(settings.load(workspace=workspace, mode=mode)), language)
    return Room(page, panel, datasets)


def laid_out(studio: Studio, language: str = "en") -> tuple[Page, Panel]:
    """The panel's parts. Built within an event loop, since Gradio otherwise makes loops of its own."""

    async def build() -> tuple[Page, Panel]:
        with gr.Blocks(analytics_enabled=False):
            dataset, run, clone = (gr.Textbox("", visible="hidden") for _ in range(3))
            with gr.Tabs() as tabs, gr.Tab("Train"):
                page = Page(studio, speaker(language), dataset, run, clone, tabs)
                return page, lay_out(page)

    return asyncio.run(build())


FORECAST = {
    "seconds": 251.0, "memory_bytes": 1.23e9, "steps": 846, "batch_size": 32, "seconds_per_step": 0.28137,
    "micro_batch": 8, "device": "CPU, 2 threads", "precision": "bf16", "trainable_parameters": 30,
    "total_parameters": 1000,
}  # fmt: skip


def a_model(**changes: Any) -> dict[str, Any]:
    return {
        "name": "minilm-l6", "label": "MiniLM L6", "size_mb": 92, "parameters": 22.7, "license": "Apache-2.0",
        "languages": "English", "advice": "Small and quick.", "data": "", "terms": "", "offline": True, "note": "",
        "obstacle": "", "warning": "", "unknown_share": None, "default": True,
    } | changes  # fmt: skip


def a_run(**changes: Any) -> dict[str, Any]:
    return {
        "run": "0" * 26,
        "name": "first",
        "model": "minilm-l6",
        "method": "full",
        "metric": "macro_f1",
        "value": 0.9123,
    } | changes
