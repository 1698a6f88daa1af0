"""Bringing data: the drop zone, files for one split, samples, and a second try with the reading said beforehand."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from studio.api import ImportRequest, Studio
from studio.errors import RequestError, StudioError
from studio.ui.markup import Html, element, text
from studio.ui.panels import data_guides
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_sentence import reading_fields, task_field
from studio.ui.shared import Page, asked, asking_html, static_html
from studio.ui.uploads import kept, known_sample
from studio.ui.words import Say
from studio.ui.work import Done, problem, progress_line, steps

Updates = dict[Any, Any]
Brought = dict[str, Any]  # "train", "valid", "test": files kept; "dataset": what was made of them
GIVEN = ("valid", "test")
# Errors that may go away when somebody says what the file holds.
MENDABLE = ("missing_column", "too_few_classes", "too_few_rows", "over_limit", "invalid_option", "unusable_data")


@dataclass(frozen=True)
class Import:
    """The parts in which data are brought. `brought` lives as long as the visit: files that wait for the others."""

    drop: gr.File
    given: Mapping[str, gr.File]
    waiting: gr.HTML
    forget: gr.Button
    progress: gr.HTML
    samples: gr.HTML
    retry: gr.Column
    fields: Mapping[str, Any]
    again: gr.Button
    brought: gr.State


def build(page: Page) -> Import:
    say = page.say
    brought = gr.State({})
    with gr.Row(elem_classes="data-bring"):
        with gr.Column(scale=3, min_width=320):
            drop = gr.File(
                label=say("data.drop"), file_count="multiple", type="filepath", height=190, elem_id="data-drop"
            )
            static_html(element("p", say("data.drop.info"), cls="subdued data-note"))
            with gr.Accordion(say("data.given"), open=False, elem_id="data-given"):
                static_html(element("p", say("data.given.info"), cls="subdued data-note"))
                with gr.Row():
                    given = {
                        name: gr.File(label=say(f"data.given.{name}"), type="filepath", height=110, min_width=200)
                        for name in GIVEN
                    }
        with gr.Column(scale=2, min_width=300):
            samples = asking_html(sample_cards(page.studio, say), elem_id="data-samples")
    data_guides.build(page)
    waiting = static_html()
    forget = gr.Button(say("data.given.forget"), size="sm", visible=False, scale=0)
    progress = static_html(elem_id="data-progress")
    with gr.Column(visible=False, elem_id="data-retry", elem_classes="data-box") as retry:
        fields, again = _retry(page)
    parts = Import(drop, given, waiting, forget, progress, samples, retry, fields, again, brought)
    _wire(page, parts)
    return parts


def _retry(page: Page) -> tuple[dict[str, Any], gr.Button]:
    """Fields that say how the file is to be read, for one that was not understood by itself."""
    say = page.say
    static_html(element("h3", say("data.retry")))
    with gr.Row():
        fields: dict[str, Any] = {"task": task_field(page, automatic=True)}
        for role, label in reading.every_role(page.studio).items():
            if role != "image":
                fields[role] = gr.Textbox(label=say("data.retry.column", role=say.core(f"role.{role}", label)))
    with gr.Row():
        fields |= reading_fields(say)
    return fields, gr.Button(say("data.retry.again"), scale=0, min_width=180, elem_id="data-retry-again")


def sample_cards(studio: Studio, say: Say) -> Html:
    """A card that is a button for each sample: name, task, rows, licence."""
    cards = [
        element(
            "button",
            element("strong", say.core(f"sample.{sample['name']}", str(sample["label"]))),
            element(
                "span",
                f"{reading.task_label(studio, sample['task'], say)} · "
                f"{say('data.rows', count=format(sample['rows'], ','))} · {sample['license']}",
                cls="subdued",
            ),
            type="button",
            cls="data-sample",
            data_ask=str(sample["name"]),
        )
        for sample in studio.choices.samples()
    ]
    return element("div", element("h3", say("data.samples")), cards, cls="data-samples")


def waiting_line(brought: Brought, say: Say) -> str:
    """What is kept for the next file."""
    pending = [say(f"data.waiting.{name}", file=brought[name].name) for name in GIVEN if name in brought]
    if not pending:
        return ""
    shown = [element("p", text(line)) for line in (*pending, say("data.waiting.next"))]
    return str(element("div", shown, cls="notice notice-info", role="status"))


# What happens -------------------------------------------------------------------------------------------------------


def _wire(page: Page, parts: Import) -> None:
    outputs: list[Any] = [page.dataset, parts.drop, *parts.given.values(), parts.waiting, parts.forget]
    outputs += [parts.progress, parts.retry, parts.brought]
    slow: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def dropped(file: list[str] | None, brought: Brought) -> Iterator[Updates]:
        yield from _brought(page, parts, file, "train", _unused(brought))

    def add(name: str) -> Callable[[str | None, str, Brought], Iterator[Updates]]:
        def added(file: str | None, dataset: str, brought: Brought) -> Iterator[Updates]:
            current = bool(dataset) and brought.get("dataset") == dataset
            yield from _brought(page, parts, file, name, brought if current else _unused(brought))

        return added

    def sample(event: gr.EventData) -> Iterator[Updates]:
        name = asked(event)
        request = ImportRequest(known_sample(page.studio, name), name=name)
        yield from _imported(page, parts, request, {})

    def retried(brought: Brought, *values: Any) -> Iterator[Updates]:
        asked_for = dict(zip(parts.fields, values, strict=True))
        yield from _imported(page, parts, _retried(page, brought, asked_for), brought)

    def forgotten(brought: Brought) -> Updates:
        left = {name: value for name, value in brought.items() if name not in GIVEN}
        return {parts.brought: left, parts.waiting: "", parts.forget: gr.Button(visible=False)}

    calm = {parts.progress: ""}
    events = [parts.drop.upload(page.handler(dropped), [parts.drop, parts.brought], outputs, **slow)]
    for name, file in parts.given.items():
        events.append(file.upload(page.handler(add(name)), [file, page.dataset, parts.brought], outputs, **slow))
    events.append(parts.samples.asked(page.handler(sample), None, outputs, **slow))
    inputs = [parts.brought, *parts.fields.values()]
    events.append(parts.again.click(page.handler(retried), inputs, outputs, **slow))
    for event in events:
        event.failure(lambda: calm, None, [parts.progress], queue=False, **slow)
    parts.forget.click(page.handler(forgotten), parts.brought, outputs, queue=False, **slow)


def _brought(page: Page, parts: Import, file: str | list[str] | None, name: str, brought: Brought) -> Iterator[Updates]:
    """Keep one uploaded file; with the main one there, import all that is kept."""
    clear = parts.drop if name == "train" else parts.given[name]
    try:
        brought = {**brought, name: kept(page.studio, file)}
    except StudioError as error:
        yield {clear: None, parts.progress: str(problem(error, page.say))}
        return
    yield {clear: None, parts.brought: brought, parts.progress: ""}
    if "train" in brought:
        yield from _imported(page, parts, _request(brought, "", {}), brought)
    else:
        yield {parts.waiting: waiting_line(brought, page.say), parts.forget: gr.Button(visible=True)}


def _retried(page: Page, brought: Brought, fields: Mapping[str, Any]) -> ImportRequest:
    """The same files with what the fields say. Raises RequestError where the files are gone."""
    if "train" not in brought:
        raise RequestError("The file is no longer at hand.", next="Drop it again.")
    task = reading.as_text(fields["task"])
    roles = set(reading.every_role(page.studio))
    unused = roles - set(reading.shape(page.studio, task).roles) if task else set()
    return _request(brought, task, reading.named(fields, unused))


def _unused(brought: Brought) -> Brought:
    """The files that wait for a main file; none where they have already become part of a dataset."""
    return {} if "dataset" in brought else {name: brought[name] for name in GIVEN if name in brought}


def _request(brought: Brought, task: str, options: dict[str, str]) -> ImportRequest:
    main: Path = brought["train"]
    return ImportRequest(main, task or None, options, brought.get("valid"), brought.get("test"))


def _imported(page: Page, parts: Import, request: ImportRequest, brought: Brought) -> Generator[Updates, None, None]:
    """Import while saying how far it is, and select what came of it; an error stays until the next try."""
    yield {parts.progress: str(progress_line({}, page.say)), parts.retry: gr.Column(visible=False)}
    try:
        for step in steps(lambda report: page.studio.import_dataset(request, report), page.studio.settings.workspace):
            if not isinstance(step, Done):
                yield {parts.progress: str(progress_line(step, page.say))}
                continue
            dataset = step.value["dataset"]
            yield {
                page.dataset: dataset,
                parts.progress: "",
                parts.waiting: "",
                parts.forget: gr.Button(visible=False),
                parts.brought: brought | {"dataset": dataset},
            }
    except StudioError as error:
        yield {
            parts.progress: str(problem(error, page.say)),
            parts.retry: gr.Column(visible="train" in brought and error.code in MENDABLE),
            parts.waiting: waiting_line(brought, page.say),
        }
