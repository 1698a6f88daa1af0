"""The editable sentence: "Classify [text] into [label], 6 classes, 436 / 54 / 55 rows", its fields, and Read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.markup import element, text
from studio.ui.panels import data_reading as reading
from studio.ui.panels.data_facts import facts, hint
from studio.ui.panels.data_reading import Shape
from studio.ui.shared import Data, Page, static_html
from studio.ui.words import Say
from studio.ui.work import Done, problem, progress_line, steps

Updates = dict[Any, Any]


@dataclass(frozen=True)
class Sentence:
    """The parts of the sentence. `fields` are the inputs by name; `before`, `between` are words around the columns."""

    title: gr.HTML
    fields: Mapping[str, Any]
    before: gr.HTML
    between: gr.HTML
    facts: gr.HTML
    hint: gr.HTML
    again: gr.Button
    onward: gr.Button

    @property
    def outputs(self) -> list[Any]:
        parts = [self.title, self.before, self.between, self.facts, self.hint, self.again]
        return [*parts, *self.fields.values()]


def build(page: Page) -> tuple[Sentence, Any]:
    """The sentence and its buttons, and the event of reading again, which may leave the same dataset selected."""
    say = page.say
    title = static_html(elem_id="data-title")
    with gr.Row(elem_id="data-sentence", elem_classes="data-sentence"):
        fields, before, between = _sentence_fields(page)
    facts = static_html(elem_id="data-facts")
    with gr.Accordion(say("data.reading"), open=False, elem_id="data-reading"):
        fields["name"] = gr.Textbox(label=say("data.name"), max_length=200)
        with gr.Row():
            fields |= reading_fields(say)
            fields[reading.JOIN] = _column(say("data.join"))
        fields["seed"] = gr.Number(label=say("data.seed"), info=say("data.seed.info"), precision=0, minimum=0)
    hint = static_html(elem_id="data-hint")
    with gr.Row(elem_classes="data-actions"):
        again = gr.Button(say("data.again"), interactive=False, scale=0, min_width=180, elem_id="data-again")
        onward = gr.Button(say("data.onward"), variant="primary", scale=0, min_width=220, elem_id="data-onward")
    found = Sentence(title, fields, before, between, facts, hint, again, onward)
    return found, _wire(page, found)


def _sentence_fields(page: Page) -> tuple[dict[str, Any], gr.HTML, gr.HTML]:
    say, roles = page.say, reading.every_role(page.studio)
    targets = {reading.shape(page.studio, str(task["name"])).target for task in page.studio.tasks()}
    fields: dict[str, Any] = {"task": task_field(page)}
    before = static_html()
    for role in (role for role in roles if role not in targets):
        fields[role] = _column(say.core(f"role.{role}", roles[role]))
    between = static_html()
    for role in (role for role in roles if role in targets):
        fields[role] = _column(say.core(f"role.{role}", roles[role]))
    fields[reading.SPLIT] = _column(say("data.split"))
    fields["image_size"] = gr.Number(
        label=say("data.image_size"), precision=0, minimum=8, maximum=1024, visible=False, min_width=120, scale=0
    )
    return fields, before, between


def task_field(page: Page, automatic: bool = False) -> gr.Dropdown:
    """A dropdown of all tasks; with `automatic`, also of none."""
    choices = [
        (page.say.core(f"task.{task['name']}", str(task["label"])), str(task["name"])) for task in page.studio.tasks()
    ]
    first = [(page.say("data.automatic"), "")] if automatic else []
    return gr.Dropdown([*first, *choices], label=page.say("data.task"), filterable=False, min_width=180, scale=0)


def _column(label: str) -> gr.Dropdown:
    # Custom values are let through so that no list of choices has to outlive a restart; what is named is looked up.
    return gr.Dropdown([], value=None, label=label, allow_custom_value=True, visible=False, min_width=140, scale=0)


def reading_fields(say: Say) -> dict[str, Any]:
    """Encoding, delimiter, header, sheet, misfits and decimals, each with "find out" as the first choice."""
    automatic = (say("data.automatic"), "")
    delimiters = [(say(f"data.delimiter.{name}"), name) for name in reading.DELIMITERS]
    header = [automatic, (say("data.header.yes"), "yes"), (say("data.header.no"), "no")]
    ragged = [(say("data.ragged.no"), ""), (say("data.ragged.yes"), "yes")]
    marks = [automatic, (say("data.decimal.point"), "point"), (say("data.decimal.comma"), "comma")]
    encodings = [(name, name) for name in reading.ENCODINGS]
    return {
        "encoding": gr.Dropdown([automatic, *encodings], value="", label=say("data.encoding"), allow_custom_value=True),
        "delimiter": gr.Dropdown(
            [automatic, *delimiters], value="", label=say("data.delimiter"), allow_custom_value=True
        ),
        "header": gr.Dropdown(header, value="", label=say("data.header"), filterable=False),
        "sheet": gr.Dropdown([automatic], value="", label=say("data.sheet"), allow_custom_value=True),
        "ragged": gr.Dropdown(ragged, value="", label=say("data.ragged"), filterable=False),
        reading.DECIMAL: gr.Dropdown(marks, value="", label=say("data.decimal"), filterable=False),
    }


# What it shows ------------------------------------------------------------------------------------------------------


def fill(page: Page, parts: Sentence, reference: str) -> Updates:
    """Every part for the dataset selected; nothing for none."""
    if not reference:
        return {}
    dataset = page.studio.dataset(reference)
    form = reading.shape(page.studio, dataset["task"])
    updates = _fields(page, parts, dataset, form, reading.shown(dataset))
    return updates | {
        parts.title: str(element("h3", text(dataset["name"]))),
        parts.facts: str(facts(dataset, form.tagged, page.say, form.answering)),
        parts.hint: str(hint(dataset, page.say)),
        parts.again: gr.Button(interactive=False),
        parts.fields["name"]: dataset["name"],
    }


def _fields(page: Page, parts: Sentence, dataset: Data, form: Shape, values: Mapping[str, str]) -> Updates:
    """The fields of the sentence for a task, with values for its columns; unknown ones are to be found out."""
    columns = [] if form.pictured else page.studio.choices.file_columns(dataset["dataset"])
    updates: Updates = _words(parts, form, page.say)
    automatic = [(page.say("data.automatic"), "")]
    for role in reading.every_role(page.studio):
        value = values.get(role, "")
        choices = [*([] if value else automatic), *((column, column) for column in columns)]
        visible = role in form.roles and not form.pictured
        updates[parts.fields[role]] = gr.Dropdown(choices, value=value if visible else None, visible=visible)
    none = [(page.say("data.join.none"), "")]
    joined = values.get(reading.JOIN, "")
    choices = [*none, *((column, column) for column in columns)]
    updates[parts.fields[reading.JOIN]] = gr.Dropdown(choices, value=joined, visible=form.joinable)
    split = values.get(reading.SPLIT, "")
    found_out = bool(split) and not dataset["options"].get(reading.SPLIT)
    none = [] if found_out else [(page.say("data.split.none"), "")]
    choices = [*none, *((column, column) for column in columns)]
    updates[parts.fields[reading.SPLIT]] = gr.Dropdown(choices, value=split, visible=not form.pictured)
    size = int(values["image_size"]) if values.get("image_size") else None
    updates[parts.fields["image_size"]] = gr.Number(value=size, visible=form.pictured)
    updates[parts.fields["encoding"]] = values.get("encoding", "")
    for name in reading.CELLS:
        updates[parts.fields[name]] = gr.update(value=values.get(name, ""), visible=not form.pictured)
    updates[parts.fields[reading.DECIMAL]] = gr.update(value=values.get(reading.DECIMAL, ""), visible=form.numeric)
    sheets = [*automatic, *((sheet, sheet) for sheet in dataset["sheets"])]
    updates[parts.fields["sheet"]] = gr.Dropdown(sheets, value=values.get("sheet", ""), visible=len(sheets) > 2)
    updates[parts.fields["seed"]] = int(values.get("seed") or 0)
    updates[parts.fields["task"]] = values["task"]
    return updates


def _words(parts: Sentence, form: Shape, say: Say) -> Updates:
    kind = form.kinds[form.input]
    known = kind if kind in ("text", "tokens", "image") else "other"
    known = "number" if form.numeric else "pair" if len(form.inputs) > 1 else "several" if form.several else known
    known = "answers" if form.answering else known if form.target else "plain"
    between = "" if form.pictured or not form.target else say(f"data.say.{known}.between")
    return {
        parts.before: str(element("span", say(f"data.say.{known}"), cls="data-word")),
        parts.between: str(element("span", between, cls="data-word")) if between else "",
    }


# What it does -------------------------------------------------------------------------------------------------------


def _wire(page: Page, parts: Sentence) -> Any:
    names, inputs = list(parts.fields), list(parts.fields.values())
    quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}

    def retask(reference: str, task: str) -> Updates:
        dataset = page.studio.dataset(reference)
        form = reading.shape(page.studio, task)
        values = reading.shown(dataset)
        if task != dataset["task"]:
            values = {name: value for name, value in values.items() if name not in form.roles} | {"task": task}
        entered = [parts.fields[name] for name in reading.READING]  # what was entered there stays
        updates = _fields(page, parts, dataset, form, values)
        return {part: update for part, update in updates.items() if part not in entered}

    def edited(reference: str, *values: Any) -> Updates:
        dataset, wanted = _wanted(page, reference, dict(zip(names, values, strict=True)))
        button = gr.Button(interactive=bool(wanted))
        return {parts.again: button, parts.hint: str(hint(dataset, page.say, bool(wanted)))}

    retold = parts.fields["task"].input(
        page.handler(retask), [page.dataset, parts.fields["task"]], parts.outputs, **quick
    )
    asked = [page.dataset, *inputs]
    retold.success(page.handler(edited), asked, [parts.again, parts.hint], **quick)
    others = [part.input for name, part in parts.fields.items() if name != "task"]
    gr.on(others, page.handler(edited), asked, [parts.again, parts.hint], **quick)
    parts.onward.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **quick)

    def read_again(reference: str, *values: Any) -> Iterator[Updates]:
        _, wanted = _wanted(page, reference, dict(zip(names, values, strict=True)))
        yield from _read_again(page, parts, reference, wanted)

    return parts.again.click(
        page.handler(read_again),
        asked,
        [page.dataset, *parts.outputs],
        show_progress="hidden",
        api_visibility="private",
    )


def _wanted(page: Page, reference: str, asked: Mapping[str, Any]) -> tuple[Data, reading.Change]:
    dataset = page.studio.dataset(reference)
    task = reading.as_text(asked.get("task")) or dataset["task"]
    return dataset, reading.change(dataset, reading.shape(page.studio, task), asked)


def _read_again(page: Page, parts: Sentence, reference: str, wanted: reading.Change) -> Iterator[Updates]:
    """Read the file again while saying how far it is; an error stays beside what was asked for."""
    yield {parts.again: gr.Button(interactive=False), parts.hint: str(progress_line({}, page.say))}
    correct = partial(page.studio.choices.correct, reference, wanted.task, wanted.options, wanted.name)
    try:
        for step in steps(correct, page.studio.settings.workspace):
            if isinstance(step, Done):
                found = step.value["dataset"]
                yield {page.dataset: found} | fill(page, parts, found)
            else:
                yield {parts.hint: str(progress_line(step, page.say))}
    except StudioError as error:
        yield {parts.again: gr.Button(interactive=True), parts.hint: str(problem(error, page.say))}
