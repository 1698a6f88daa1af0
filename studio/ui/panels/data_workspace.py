"""The datasets of the workspace: which one is selected, and how to be rid of one."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.markup import element, text
from studio.ui.panels import data_reading as reading
from studio.ui.shared import ALONE, Data, Page, static_html
from studio.ui.work import problem

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def build(page: Page) -> gr.Dropdown:
    """The datasets that are there, and how to be rid of one."""
    say = page.say
    with gr.Row(elem_classes="data-workspace"):
        chooser = gr.Dropdown(
            [],
            value=None,
            label=say("data.workspace"),
            allow_custom_value=True,  # looked up, so that no list of choices has to outlive a restart
            scale=1,
            elem_id="data-chooser",
        )
        delete = gr.Button(say("data.delete"), interactive=False, scale=0, min_width=110, elem_id="data-delete")

    def select(reference: object) -> str:
        return str(page.studio.dataset(str(reference or ""))["dataset"])

    chooser.input(page.handler(select), chooser, page.dataset, **QUICK)
    _deletion(page, delete)
    return chooser


_FOLLOW = "dataset => [{__type__: 'update', visible: false}, {__type__: 'update', interactive: !!dataset}]"


def _deletion(page: Page, delete: gr.Button) -> None:
    """What the button asks first, and what it does then."""
    say = page.say
    with gr.Row(visible=False, elem_classes="data-box", elem_id="data-confirm") as confirm:
        question = static_html()
        sure = gr.Button(say("data.delete.sure"), variant="stop", scale=0, min_width=140, elem_id="data-delete-sure")
        keep = gr.Button(say("data.delete.keep"), scale=0, min_width=110)

    def asked(reference: str) -> dict[Any, Any]:
        shown = say("data.delete.question", name=page.studio.dataset(reference)["name"])
        return {
            confirm: gr.Row(visible=True),
            question: str(element("p", text(shown, 400))),
            sure: gr.Button(visible=True),
        }

    def deleted(reference: str) -> dict[Any, Any]:
        try:
            page.studio.choices.delete_dataset(reference)
        except StudioError as error:
            return {question: str(problem(error, say)), sure: gr.Button(visible=False)}
        newest = next((str(item["dataset"]) for item in page.studio.datasets()), "")
        return {page.dataset: newest, confirm: gr.Row(visible=False)}

    hide = [confirm, question, sure]
    delete.click(page.handler(asked), page.dataset, hide, **QUICK)
    sure.click(page.handler(deleted), page.dataset, [page.dataset, *hide], **QUICK)
    keep.click(lambda: gr.Row(visible=False), None, confirm, **QUICK)
    page.dataset.change(None, page.dataset, [confirm, delete], js=_FOLLOW, **ALONE)


def choices(page: Page, reference: str) -> gr.Dropdown:
    """The datasets of the workspace, newest first, with the one that is selected."""
    listed = [(_listed(item, page), str(item["dataset"])) for item in page.studio.datasets()]
    return gr.Dropdown(listed, value=reference or None)


def _listed(item: Data, page: Page) -> str:
    task = reading.task_label(page.studio, item["task"], page.say)
    return f"{item['name'][:80]} · {task} · {page.say('data.rows', count=format(item['rows'], ','))}"
