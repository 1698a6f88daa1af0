"""The panel Data: bring a file or pick a sample; see it as an editable sentence, with check-up, rows and counts."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.markup import element, text
from studio.ui.panels import data_counts, data_findings, data_import, data_rows, data_sentence
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_work import problem
from studio.ui.shared import Data, Page, nothing_yet, static_html

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    static_html(element("h2", page.say("data.title"), cls="visually-hidden"))
    data_import.build(page)
    chooser = _workspace(page)
    empty = static_html(nothing_yet(page.say, "dataset"), elem_id="data-empty")
    with gr.Column(visible=False, elem_id="data-selected", elem_classes="data-selected") as selected:
        with gr.Column(elem_classes="data-box"):
            sentence, read_again = data_sentence.build(page)
        findings, _ = data_findings.build(page)
        with gr.Row(elem_classes="data-halves"):
            with gr.Column(scale=3, min_width=320):
                rows = data_rows.build(page)
            with gr.Column(scale=2, min_width=320):
                lengths = static_html(elem_id="data-lengths")
                counts = static_html(elem_id="data-counts")

    def chosen(reference: str) -> dict[Any, Any]:
        there = bool(reference)
        updates: dict[Any, Any] = {selected: gr.Column(visible=there), empty: gr.HTML(visible=not there)}
        updates[chooser] = choices(page, reference)
        if there:
            updates[findings] = str(data_findings.findings(page.studio.dataset(reference), page.say))
        return updates | {counts: waiting, lengths: ""} | data_sentence.fill(page, sentence, reference)

    def pictures(reference: str) -> tuple[str, str]:
        if not reference:
            return "", ""
        form = reading.shape(page.studio, page.studio.dataset(reference)["task"])
        found = page.studio.choices.overview(reference)
        shown = data_counts.counts(found["labels"], form.tagged, page.say)
        return str(shown), str(data_counts.lengths(found["lengths"], page.say))

    waiting = str(element("p", page.say("data.counts.waiting"), cls="subdued", role="status"))
    changed, moved = page.dataset.change, page.handler(lambda reference: data_rows.fill(page, rows, reference))
    told = [selected, empty, chooser, findings, counts, lengths, *sentence.outputs]
    shown = changed(page.handler(chosen), page.dataset, told, **QUICK)
    changed(moved, page.dataset, rows.outputs, **QUICK)
    shown.then(page.handler(pictures), page.dataset, [counts, lengths], **QUICK)
    relist = page.handler(lambda reference: choices(page, reference))
    read_again.success(relist, page.dataset, chooser, **QUICK)
    tab.select(relist, page.dataset, chooser, **QUICK)


def _workspace(page: Page) -> gr.Dropdown:
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
        delete = gr.Button(say("data.delete"), scale=0, min_width=110, elem_id="data-delete")
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

    def select(reference: object) -> str:
        return str(page.studio.dataset(str(reference or ""))["dataset"])

    hide = [confirm, question, sure]
    chooser.input(page.handler(select), chooser, page.dataset, **QUICK)
    delete.click(page.handler(asked), page.dataset, hide, **QUICK)
    sure.click(page.handler(deleted), page.dataset, [page.dataset, *hide], **QUICK)
    keep.click(lambda: gr.Row(visible=False), None, confirm, **QUICK)
    page.dataset.change(lambda: gr.Row(visible=False), None, confirm, **QUICK)
    return chooser


def choices(page: Page, reference: str) -> gr.Dropdown:
    """The datasets of the workspace, newest first, with the one that is selected."""
    listed = [(_listed(item, page), str(item["dataset"])) for item in page.studio.datasets()]
    return gr.Dropdown(listed, value=reference or None)


def _listed(item: Data, page: Page) -> str:
    task = reading.task_label(page.studio, item["task"], page.say)
    return f"{item['name'][:80]} · {task} · {page.say('data.rows', count=format(item['rows'], ','))}"
