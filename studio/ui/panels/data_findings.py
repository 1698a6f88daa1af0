"""The check-up: a card for each finding with its examples and the button that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from studio.api import Studio
from studio.errors import RequestError, StudioError
from studio.ui.markup import Html, element, joined, text
from studio.ui.shared import Data, Page, asked, asking_html, notice, static_html
from studio.ui.words import Say
from studio.ui.words.data import FIXES, MENDED
from studio.ui.work import Done, on_page, problem, progress_line, steps

ALL = "*"  # asked for by the button that mends everything
UNDO = "undo"


def build(page: Page) -> tuple[gr.HTML, gr.HTML]:
    """The cards, and the line that says how far a mend is or why it failed."""
    cards = asking_html(elem_id="data-findings")
    line = static_html(elem_id="data-mending")

    def mend(reference: str, event: gr.EventData) -> Iterator[dict[Any, Any]]:
        dataset, wanted = page.studio.dataset(reference), asked(event)
        if wanted == UNDO:
            yield {page.dataset: original(page.studio, dataset), line: ""}
            return
        codes = codes_to_mend(dataset, wanted)
        yield {line: str(progress_line({}, page.say))}
        mending = steps(lambda report: page.studio.checkup(reference, codes, report), page.studio.settings.workspace)
        try:
            for step in mending:
                if isinstance(step, Done):
                    yield {page.dataset: step.value["dataset"], line: ""}
                else:
                    yield {line: str(progress_line(step, page.say))}
        except StudioError as error:
            yield {line: str(problem(error, page.say))}

    event = cards.asked(
        page.handler(mend), page.dataset, [page.dataset, line], show_progress="hidden", api_visibility="private"
    )
    event.failure(lambda: "", None, line, queue=False, show_progress="hidden", api_visibility="private")
    return cards, line


def original(studio: Studio, dataset: Data) -> str:
    """What a mended dataset was made from. Raises RequestError where there was none, UnknownName if it is gone."""
    if not dataset.get("original"):
        raise RequestError("This dataset was not mended.", next="Reload the page.")
    return str(studio.dataset(dataset["original"])["dataset"])


def mended(dataset: Data, say: Say) -> Html | None:
    """What was mended, and the way back."""
    if not dataset.get("original"):
        return None
    done = [
        say(
            "data.mended.one",
            what=say.core(f"mend.{mend['code']}", MENDED.get(mend["code"], mend["code"])),
            removed=f"{mend['removed']:,}",
            changed=f"{mend['changed']:,}",
        )
        for mend in dataset["mends"]
    ]
    return element(
        "div",
        element("p", say("data.mended")),
        element("ul", [element("li", text(one)) for one in done]),
        element("button", say("data.mended.undo"), type="button", cls="link-button", data_ask=UNDO),
        cls="notice notice-info data-mended",
    )


def mendable(dataset: Data) -> list[str]:
    """The codes of the mends, each once, in the order of the findings."""
    return list(dict.fromkeys(finding["fix"] for finding in dataset["findings"] if finding["fix"]))


def codes_to_mend(dataset: Data, wanted: str) -> tuple[str, ...]:
    """The codes that a press stands for. Raises RequestError for one that this dataset does not offer."""
    known = mendable(dataset)
    if wanted == ALL and known:
        return tuple(known)
    if wanted not in known:
        raise RequestError("There is nothing to mend here any more.", next="Reload the page.")
    return (wanted,)


def findings(dataset: Data, say: Say) -> Html:
    """The section of the check-up, worst finding first."""
    found, known = dataset["findings"], mendable(dataset)
    heading = element("h3", say("data.findings"), element("span", str(len(found)), cls="data-count") if found else None)
    if not found:
        return joined(heading, mended(dataset, say), notice(say("data.findings.none"), kind="success"))
    every = None
    if len(known) > 1:
        label = say("data.findings.all", count=len(known))
        every = element("button", label, type="button", cls="link-button", data_ask=ALL)
    cards = [_card(finding, say) for finding in found]
    note = element("p", say("data.findings.copy"), cls="subdued data-note") if known else None
    return element(
        "div",
        element("div", heading, every, cls="data-heading"),
        mended(dataset, say),
        note,
        element("div", cards, cls="data-cards"),
    )


def message(finding: Data, say: Say) -> str:
    """What was found, in the page's language."""
    return say.core(f"finding.{finding['code']}", on_page(finding["message"])).replace("{n}", f"{finding['count']:,}")


def fix_label(code: str, say: Say) -> str:
    return say.core(f"fix.{code}", FIXES.get(code, say("data.fix")))


def _card(finding: Data, say: Say) -> Html:
    severity = finding["severity"] if finding["severity"] in ("info", "warning", "error") else "info"
    examples = None
    if finding["examples"]:
        listed = element("ul", [element("li", text(example)) for example in finding["examples"]])
        examples = element("details", element("summary", say("data.findings.examples")), listed)
    button = None
    if finding["fix"]:
        label = fix_label(finding["fix"], say)
        button = element("button", label, type="button", cls="link-button", data_ask=finding["fix"])
    return element(
        "article",
        element("p", element("span", say(f"data.severity.{severity}"), cls=f"data-severity {severity}")),
        element("p", text(message(finding, say), 600)),
        examples,
        button,
        cls=f"data-finding {severity}",
    )
