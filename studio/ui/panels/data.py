"""The panel Data: bring a file or pick a sample; see it as an editable sentence, with check-up, rows and counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.ui.markup import element
from studio.ui.panels import (
    data_counts,
    data_findings,
    data_import,
    data_rows,
    data_sentence,
    data_suspects,
    data_workspace,
)
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_rows import Rows
from studio.ui.panels.data_sentence import Sentence
from studio.ui.panels.data_suspects import Suspects
from studio.ui.panels.data_workspace import QUICK
from studio.ui.shared import Page, nothing_yet, static_html


@dataclass(frozen=True)
class _Parts:
    """What follows the dataset that is selected."""

    chooser: gr.Dropdown
    empty: gr.HTML
    selected: gr.Column
    sentence: Sentence
    findings: gr.HTML
    suspects: Suspects
    rows: Rows
    lengths: gr.HTML
    counts: gr.HTML


def build(page: Page, tab: gr.Tab) -> None:
    """Fill the tab."""
    static_html(element("h2", page.say("data.title"), cls="visually-hidden"))
    data_import.build(page)
    chooser = data_workspace.build(page)
    empty = static_html(nothing_yet(page.say, "dataset"), elem_id="data-empty")
    with gr.Column(visible=False, elem_id="data-selected", elem_classes="data-selected") as selected:
        with gr.Column(elem_classes="data-box"):
            sentence, read_again = data_sentence.build(page)
        findings, _ = data_findings.build(page)
        suspects = data_suspects.build(page)
        with gr.Row(elem_classes="data-halves"):
            with gr.Column(scale=3, min_width=320):
                rows = data_rows.build(page)
            with gr.Column(scale=2, min_width=320):
                lengths = static_html(elem_id="data-lengths")
                counts = static_html(elem_id="data-counts")

    _react(page, _Parts(chooser, empty, selected, sentence, findings, suspects, rows, lengths, counts))
    relist = page.handler(lambda reference: data_workspace.choices(page, reference))
    read_again.success(relist, page.dataset, chooser, **QUICK)
    tab.select(relist, page.dataset, chooser, **QUICK)


def _react(page: Page, parts: _Parts) -> None:
    """Show the dataset that is selected: what is quick at once, what has to be counted after it."""
    waiting = str(element("p", page.say("data.counts.waiting"), cls="subdued", role="status"))

    def chosen(reference: str) -> dict[Any, Any]:
        there = bool(reference)
        updates: dict[Any, Any] = {
            parts.selected: gr.Column(visible=there),
            parts.empty: gr.HTML(visible=not there),
            parts.chooser: data_workspace.choices(page, reference),
            parts.counts: waiting,
            parts.lengths: "",
        }
        if there:
            updates[parts.findings] = str(data_findings.findings(page.studio.dataset(reference), page.say))
        return updates | data_sentence.fill(page, parts.sentence, reference)

    def pictures(reference: str) -> tuple[str, str]:
        if not any(item["dataset"] == reference for item in page.studio.datasets()):
            return "", ""  # none is selected, or it was deleted in the meantime
        form = reading.shape(page.studio, page.studio.dataset(reference)["task"])
        found = page.studio.choices.overview(reference)
        counts, say = found["numbers"], page.say
        shown = data_counts.numbers(counts, say) if counts else data_counts.counts(found["labels"], form.tagged, say)
        shown = data_counts.answers(found["answers"], say) if form.answering else shown
        return str(shown), str(data_counts.lengths(found["lengths"], page.say))

    changed = page.dataset.change
    told = [parts.selected, parts.empty, parts.chooser, parts.findings, parts.counts, parts.lengths]
    shown = changed(page.handler(chosen), page.dataset, [*told, *parts.sentence.outputs], **QUICK)
    data_rows.follow(page, parts.rows)
    suspected = page.handler(lambda reference: data_suspects.fill(page, parts.suspects, reference))
    changed(suspected, page.dataset, parts.suspects.outputs, **QUICK)
    shown.then(page.handler(pictures), page.dataset, [parts.counts, parts.lengths], **QUICK)
