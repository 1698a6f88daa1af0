"""Suspected wrong labels: looked for on request, shown as texts or thumbnails, corrected or taken out in a mended copy.

What a person chooses is collected on the page first; nothing changes until it is applied, and the dataset that it was
applied to stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.errors import RequestError, StudioError
from studio.ui.markup import Html, element, text
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_reading import Shape
from studio.ui.shared import ACTING, QUIET, Data, Page, about, asked, asking_html, notice, only_about, static_html
from studio.ui.words import Say
from studio.ui.work import Done, problem, progress_line, steps

SHOWN = 24  # suspects at once; the next come when these are corrected
DROP, KEEP = "drop", "keep"
_TEXT, _LABEL = 400, 80

Chosen = dict[str, str]  # the row as text: "drop", "keep", or "" for the suggested class


@dataclass(frozen=True)
class Suspects:
    """The parts. `chosen` is what was chosen for the rows of one dataset."""

    section: gr.Column
    look: gr.Button
    line: gr.HTML
    cards: gr.HTML
    apply: gr.Button
    chosen: gr.State

    @property
    def outputs(self) -> list[Any]:
        return [self.section, self.line, self.cards, self.apply, self.chosen]


def build(page: Page) -> Suspects:
    say = page.say
    with gr.Column(elem_id="data-suspects", visible=False) as section:
        static_html(element("h3", say("data.suspects")))
        static_html(element("p", say("data.suspects.info"), cls="subdued data-note"))
        look = gr.Button(say("data.suspects.look"), size="sm", scale=0, min_width=220, elem_id="data-suspects-look")
        line = static_html(elem_id="data-suspects-line")
        cards = asking_html(elem_id="data-suspects-cards")
        apply = gr.Button(visible=False, variant="primary", scale=0, elem_id="data-suspects-apply")
    parts = Suspects(section, look, line, cards, apply, gr.State({}))
    _wire(page, parts)
    return parts


def fill(page: Page, parts: Suspects, reference: str) -> list[Any]:
    """What is known of a dataset just selected, in the order of `outputs`."""
    form = reading.shape(page.studio, page.studio.dataset(reference)["task"]) if reference else None
    if form is None or not form.target or form.tagged or form.numeric or form.several or form.answering:
        return [gr.Column(visible=False), "", "", gr.Button(visible=False), {}]
    return [gr.Column(visible=True), "", *_shown(page, reference, {}), {}]


def _shown(page: Page, reference: str, chosen: Chosen) -> list[Any]:
    """The cards and the button that applies what was chosen."""
    found = page.studio.choices.known_suspects(reference, 0, SHOWN)
    dataset = page.studio.dataset(reference)
    form = reading.shape(page.studio, dataset["task"])
    shown = "" if found is None else str(about(reference, cards(dataset, form, found, chosen, page.say)))
    count = sum(choice != KEEP for choice in chosen.values())
    label = page.say("data.suspects.apply", count=f"{count:,}")
    return [shown, gr.Button(label, visible=count > 0)]


def _wire(page: Page, parts: Suspects) -> None:
    choices, workspace = page.studio.choices, page.studio.settings.workspace

    def look(reference: str) -> Iterator[dict[Any, Any]]:
        yield {parts.line: str(progress_line({}, page.say)), parts.look: gr.Button(interactive=False)}
        ready = {parts.look: gr.Button(interactive=True)}
        try:
            for step in steps(lambda report: choices.suspects(reference, None, report), workspace):
                if isinstance(step, Done):
                    shown, apply = _shown(page, reference, {})
                    yield ready | {parts.line: "", parts.cards: shown, parts.apply: apply, parts.chosen: {}}
                else:
                    yield {parts.line: str(progress_line(step, page.say))}
        except StudioError as error:
            yield ready | {parts.line: str(problem(error, page.say))}

    def choose(reference: str, chosen: Chosen, event: gr.EventData) -> dict[Any, Any]:
        chosen = choice_made(choices.known_suspects(reference, 0, SHOWN), chosen, asked(event))
        shown, apply = _shown(page, reference, chosen)
        return {parts.cards: shown, parts.apply: apply, parts.chosen: chosen}

    def apply(reference: str, chosen: Chosen) -> Iterator[dict[Any, Any]]:
        changes = corrections(choices.known_suspects(reference, 0, SHOWN), chosen)
        yield {parts.line: str(progress_line({}, page.say)), parts.apply: gr.Button(visible=False)}
        try:
            for step in steps(lambda report: choices.relabel(reference, changes, report), workspace):
                if isinstance(step, Done):
                    yield {page.dataset: step.value["dataset"], parts.line: ""}
                else:
                    yield {parts.line: str(progress_line(step, page.say))}
        except StudioError as error:
            yield {parts.line: str(problem(error, page.say)), parts.apply: gr.Button(visible=True)}

    everything = [page.dataset, parts.look, *parts.outputs[1:]]
    looking = parts.look.click(page.handler(look), page.dataset, everything, **ACTING)
    parts.cards.asked(page.handler(choose), [page.dataset, parts.chosen], everything, **QUIET)
    parts.apply.click(page.handler(apply), [page.dataset, parts.chosen], everything, **ACTING)
    only_about(page.dataset, looking, parts.cards)


# What is chosen, and how it looks -----------------------------------------------------------------------------------


def choice_made(found: Data | None, chosen: Chosen, wanted: str) -> Chosen:
    """The choices after a press such as "17:drop"; a second press of the same takes it back. Raises RequestError for a
    row that is not shown."""
    row, _, choice = wanted.partition(":")
    if row not in {str(one["row"]) for one in (found or {"suspects": []})["suspects"]} or choice not in (
        "",
        DROP,
        KEEP,
    ):
        raise RequestError("There is nothing to correct here any more.", next="Reload the page.")
    left = {other: made for other, made in chosen.items() if other != row}
    return left if chosen.get(row) == choice else left | {row: choice}


def corrections(found: Data | None, chosen: Mapping[str, str]) -> dict[int, str | None]:
    """The changes that the choices stand for: a class for each row, or None for one that is taken out."""
    suggested = _suggested(found)
    return {
        int(row): None if choice == DROP else suggested[row]
        for row, choice in chosen.items()
        if choice != KEEP and row in suggested
    }


def _suggested(found: Data | None) -> dict[str, str]:
    return {str(one["row"]): one["suggested"] for one in found["suspects"]} if found else {}


def cards(dataset: Data, form: Shape, found: Data, chosen: Chosen, say: Say) -> Html:
    """How many labels are suspected, and a card for each of the first."""
    values = {"suspected": f"{found['suspected']:,}", "rows": f"{found['rows']:,}"}
    if not found["suspected"]:
        return notice(say("data.suspects.none", rows=values["rows"]), kind="success")
    shown = [_card(dataset, form, one, chosen.get(str(one["row"])), say) for one in found["suspects"]]
    return element(
        "div",
        element("p", say("data.suspects.count", **values), role="status"),
        element("div", shown, cls="data-cards"),
    )


def _card(dataset: Data, form: Shape, one: Data, choice: str | None, say: Say) -> Html:
    row = one["row"]
    kinds = (("", "data.suspects.relabel"), (DROP, "data.suspects.drop"), (KEEP, "data.suspects.keep"))
    buttons = [
        element(
            "button",
            say(key, label=_short(one["suggested"])) if not kind else say(key),
            type="button",
            cls="link-button",
            data_ask=f"{row}:{kind}",
            aria_pressed="true" if choice == kind else "false",
        )
        for kind, key in kinds
    ]
    chances = say("data.suspects.chances", own=f"{one['own']:.0%}", other=f"{one['other']:.0%}")
    return element(
        "article",
        _input(dataset, form, one),
        element("p", element("strong", text(one["label"], _LABEL)), " → ", text(one["suggested"], _LABEL)),
        element("p", chances, " · ", text(one["line"], 80), cls="subdued"),
        element("div", buttons, cls="data-choices"),
        cls="data-finding data-suspect" + ("" if choice in (None, KEEP) else " chosen"),
    )


def _short(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"


def _input(dataset: Data, form: Shape, one: Data) -> Html:
    if not form.pictured:
        return element("p", text(str(one["input"]), _TEXT))
    source = f"image/{dataset['dataset']}/{int(one['input'])}.png?side=112"
    return element("img", src=source, alt=one["label"], title=one["line"], loading="lazy", width=112, height=112)
