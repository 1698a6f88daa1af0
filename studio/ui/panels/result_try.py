"""Asking a run's model from the panel Result: one text or image, or every row of a file.

The model answers from a process of its own, so it can be asked while another run trains. What comes from the browser is
looked up or checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from studio.boundary import explained
from studio.errors import LimitError, RequestError, StudioError
from studio.ui.markup import Html, element, joined
from studio.ui.panels import result_answers as answers
from studio.ui.panels import result_guesses as guesses
from studio.ui.shared import Data, Page, about, asked, asking_html, only_about, static_html
from studio.ui.uploads import uploaded
from studio.ui.words import WORDS
from studio.ui.work import Done, Report, Work, problem, steps

MOST_CHARACTERS = 20_000
SUGGESTED = 5
IMAGE = "image"  # the modality, and the field of a row


@dataclass(frozen=True)
class Parts:
    """What the panel fills when another run is looked at."""

    words: gr.Textbox
    second: gr.Textbox
    image: gr.Image
    suggested: gr.HTML
    answer: gr.HTML
    file: gr.File
    outcome: gr.HTML


def build(page: Page) -> Parts:
    """Two columns: one question, and a whole file."""
    with gr.Row(elem_classes=["result-asking"]):
        with gr.Column(min_width=300, elem_id="result-try"):
            parts = _one(page)
        with gr.Column(min_width=300, elem_id="result-file"):
            file, outcome = _whole(page)
    return Parts(*parts, file, outcome)


def known(page: Page, run: object) -> Data:
    """The record of the run that the browser names. Raises RequestError or UnknownName."""
    if not isinstance(run, str) or not run:
        raise RequestError(page.say("no.run"), next=page.say("no.run.next"))
    return page.studio.show(run)


def modality(page: Page, task: str) -> str:
    return next((str(entry["modality"]) for entry in page.studio.tasks() if entry["name"] == task), "")


def texts(page: Page, task: str) -> list[str]:
    """The roles of the texts that a task reads: none of images, and one where it reads words."""
    kinds = {str(entry["role"]): str(entry["kind"]) for entry in page.studio.choices.roles(task)}
    return ["text"] if "tokens" in kinds.values() else [role for role, kind in kinds.items() if kind == "text"]


def asked_for(page: Page, task: str, place: int) -> str:
    """What the field for a task's first or second text is called."""
    role, usual = [*texts(page, task), "", ""][place], ("result.try.text", "result.try.second")[place]
    return page.say(f"result.try.role.{role}" if f"result.try.role.{role}" in WORDS else usual)


def kinds(summary: Data) -> list[str]:
    """All kinds of entities of a run, in their order."""
    return [str(entry["name"]) for entry in summary["classes"]] if summary["answer"] == "spans" else []


# One question -------------------------------------------------------------------------------------------------------


def _one(page: Page) -> tuple[gr.Textbox, gr.Textbox, gr.Image, gr.HTML, gr.HTML]:
    say = page.say
    lines: dict[str, Any] = {"lines": 1, "max_lines": 8, "max_length": MOST_CHARACTERS}
    static_html(element("h3", say("result.try")))
    words = gr.Textbox(label=say("result.try.text"), info=say("result.try.text.info"), **lines)
    second = gr.Textbox(label=say("result.try.second"), visible=False, elem_id="result-second", **lines)
    image = gr.Image(
        label=say("result.try.image"), sources=["upload", "clipboard"], type="filepath", image_mode=None, height=200,
        visible=False, buttons=[],
    )  # fmt: skip
    press = gr.Button(say("result.try.ask"), variant="primary", elem_id="result-ask")
    suggested = asking_html(elem_id="result-suggested")
    answer = static_html(place(page), elem_id="result-answer")

    def ask(run: str, first: object, other: object, picture: object) -> Iterator[str]:
        yield from _answered(page, run, lambda: _row(page, run, (first, other), picture))

    def take(run: str, event: gr.EventData) -> Iterator[tuple[Any, Any, str]]:
        yield from _taken(page, run, asked(event))

    asking = gr.on(
        [press.click, words.submit, second.submit, image.upload],
        page.handler(ask),
        [page.run, words, second, image],
        answer,
        trigger_mode="always_last",  # who asks again while a model is loading wants that answered
        preprocess=False,  # a picture stays the file that was sent: it is decoded where the model is
        show_progress="hidden",
        api_visibility="private",
    )
    taking = suggested.asked(
        page.handler(take), page.run, [words, second, answer], show_progress="hidden", api_visibility="private"
    )  # fmt: skip
    for event in (asking, taking):
        only_about(page.run, event, answer)
    return words, second, image, suggested, answer


def place(page: Page) -> Html:
    return element("p", page.say("result.try.place"), cls="subdued result-place")


def _answered(page: Page, run: object, row: Callable[[], Data]) -> Iterator[str]:
    """The answer to a row after a word of patience, or what is wrong with it, in place."""

    def asked_model() -> Html:
        name, question = known(page, run)["run"], row()
        found, summary = page.studio.results.ask(name, [question])[0], page.studio.results.summary(name)
        if "answer" in found:
            found = question | found
        if "number" in found:
            found = found | {"typical": summary["metrics"].get(summary["split"], {}).get("rmse")}
        return answers.answer(found, kinds(summary), page.say)

    yield str(element("div", page.say("result.try.loading"), cls="result-loading", role="status"))
    yield str(about(run, attempted(page, asked_model)))


def attempted(page: Page, action: Callable[[], Html]) -> Html:
    """What `action` returns, or its error, to be shown where the answer would stand."""
    try:
        return explained(action, page.studio.settings.workspace)
    except StudioError as error:
        return problem(error, page.say)


def _row(page: Page, run: str, written: tuple[object, object], picture: object) -> Data:
    say, task = page.say, str(known(page, run)["task"])
    if modality(page, task) == IMAGE:
        if not isinstance(picture, dict):
            raise RequestError(say("result.try.no.image"), next=say("result.try.no.image.next"))
        return {IMAGE: str(uploaded(picture))}
    row = dict(zip(texts(page, task), written, strict=False))
    for text in row.values():
        if not isinstance(text, str) or not text.strip():
            raise RequestError(say("result.try.empty"), next=say("result.try.empty.next"))
        if len(text) > MOST_CHARACTERS:
            raise LimitError(say("result.try.long", most=f"{MOST_CHARACTERS:,}"), next=say("result.try.long.next"))
    return row


def suggested(page: Page, run: str, dataset: str) -> Html:
    """Some held-out rows from all over the split, to press."""
    total = page.studio.results.examples(run, count=0)["total"]
    places = sorted({total * number // SUGGESTED for number in range(SUGGESTED)}) if total else []
    items = [item for place in places for item in _items(page, run, place)]
    return answers.suggestions(items, dataset, page.say)


def _items(page: Page, run: str, place: int) -> list[Data]:
    found: list[Data] = page.studio.results.examples(run, order="place", start=place, count=1)["items"]
    return found


def _taken(page: Page, run: object, ask: str) -> Iterator[tuple[Any, Any, str]]:
    """A held-out row in the place of one's own: a text is asked about, of an image is shown what was said of it."""
    record = known(page, run)
    items = _items(page, record["run"], int(ask)) if ask.isdecimal() and len(ask) < 10 else []
    if not items:
        raise RequestError("The result has no such row.", next="Load the page again.")
    if IMAGE in items[0]:
        known_answer = answers.known_picture(items[0], record["dataset"], page.say)
        yield gr.skip(), gr.skip(), str(about(run, known_answer))
        return
    first, *others = [str(items[0].get(role) or "") for role in texts(page, str(record["task"]))]
    first = guesses.asking(items[0]) if "parts" in items[0] else first or " ".join(items[0].get("tokens", []))
    words = (first, others[0] if others else "")
    for shown in _answered(page, run, lambda: _row(page, record["run"], words, None)):
        yield *words, shown


# A whole file -------------------------------------------------------------------------------------------------------


def _whole(page: Page) -> tuple[gr.File, gr.HTML]:
    say = page.say
    static_html(joined(element("h3", say("result.file")), element("p", say("result.file.help"), cls="subdued")))
    file = gr.File(label=say("result.file.label"), height=140, elem_id="result-upload")
    with gr.Row():
        predict = gr.Button(say("result.file.predict"), min_width=120)
        evaluate = gr.Button(say("result.file.evaluate"), min_width=120)
    outcome = static_html(elem_id="result-file-outcome")

    def predicted(run: str, value: object) -> Iterator[str]:
        yield from _predicted(page, run, value)

    def measured(run: str, value: object) -> Iterator[str]:
        yield from _measured(page, run, value)

    for button, action in ((predict, predicted), (evaluate, measured)):
        working = button.click(
            page.handler(action), [page.run, file], outcome,
            preprocess=False, show_progress="hidden", api_visibility="private",
        )  # fmt: skip
        only_about(page.run, working, outcome)
    return file, outcome


def _predicted(page: Page, run: object, value: object) -> Iterator[str]:
    def shown(found: Data) -> Html:
        name = known(page, run)["run"]
        address = f"download/{name}/predictions.csv?id={found['id']}"
        return answers.predictions(found, address, kinds(page.studio.results.summary(name)), page.say)

    def work(report: Report) -> Data:
        return page.studio.results.ask_file(known(page, run)["run"], _sent(page, value), report)

    yield from worked(page, run, work, shown)


def _measured(page: Page, run: object, value: object) -> Iterator[str]:
    def work(report: Report) -> Data:
        return page.studio.evaluate(known(page, run)["run"], _sent(page, value), report)

    yield from worked(page, run, work, lambda found: answers.measured(found, page.say))


def _sent(page: Page, value: object) -> Any:
    if not isinstance(value, dict):
        raise RequestError("There is no file.", next="Choose one, then try again.")
    return uploaded(value)


def worked(page: Page, run: object, work: Work, shown: Callable[[Data], Html]) -> Iterator[str]:
    """The progress of a piece of work for a run, then what `shown` makes of its result, or its error in place."""
    yield str(progress({}, page))
    try:
        # Closed with this generator when nobody listens any more, which ends the work.
        for found in steps(work, page.studio.settings.workspace):
            yield str(
                about(run, explained(partial(shown, found.value), page.studio.settings.workspace))
                if isinstance(found, Done)
                else progress(found, page)
            )
    except StudioError as error:
        yield str(about(run, problem(error, page.say)))


def progress(step: Data, page: Page) -> Html:
    """How far a piece of work is; without a total, that it goes on."""
    phase, done, total = str(step.get("phase", "")), int(step.get("done") or 0), int(step.get("total") or 0)
    key = phase if phase in ("predicting", "evaluating") else "read"
    words = page.say(f"result.file.phase.{key}")
    known_total = total and phase == "predicting"
    bar = (
        element("progress", value=done, max=total, aria_label=words)
        if known_total
        else element("progress", aria_label=words)
    )
    count = element("span", f"{done:,} / {total:,}", cls="numbers subdued") if known_total else None
    return element("div", bar, element("span", words), count, cls="result-progress", role="status")
