"""A form made from declarations: every option of every method and task as an input with label, help and bounds.

All inputs are built once; which of them are shown follows from the task and the method, so that what was entered
survives a look at another method. An empty input means the starting value. Knows no option by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from studio.api import Studio
from studio.ui.markup import element
from studio.ui.shared import as_json, static_html
from studio.ui.words import Say

Data = dict[str, Any]
_SWITCH = {"true": True, "false": False}
_NUMBERS: Mapping[str, Callable[[str], Any]] = {"integer": int, "number": float}
_LONGEST = 200  # characters of an entered text that are looked at


@dataclass(frozen=True)
class Field:
    """One declared option (as `choices.options` gives it) and its input."""

    option: Data
    part: Component

    @property
    def name(self) -> str:
        return str(self.option["name"])


@dataclass(frozen=True)
class Form:
    """The inputs of all options, and a column around those of each group."""

    fields: tuple[Field, ...]
    groups: tuple[tuple[str, gr.Column], ...]

    @property
    def parts(self) -> list[Component]:
        return [field.part for field in self.fields]

    @property
    def outputs(self) -> list[Any]:
        """What `updates` is for."""
        return [*self.parts, *(column for _, column in self.groups)]


def declared(studio: Studio) -> list[Data]:
    """Every option of any task and method once, in the order of declaration. Two of the same name that take different
    values are two options."""
    found: dict[str, Data] = {}
    for task in studio.tasks():
        for method in studio.methods():
            for option in studio.choices.options(task["name"], method["name"]):
                found.setdefault(_identity(option), option)
    return list(found.values())


def _identity(option: Data) -> str:
    return as_json({key: value for key, value in option.items() if key not in ("default", "label")})


def build(studio: Studio, say: Say) -> Form:
    """The inputs, group after group, in the place where this is called."""
    options = declared(studio)
    fields, groups = [], []
    for group in dict.fromkeys(str(option["group"]) for option in options):
        with gr.Column(elem_classes="option-group") as column:
            static_html(element("h4", say.core(f"group.{group}", group.capitalize())))
            with gr.Row(elem_classes="option-grid"):
                fields += [Field(option, component(option, say)) for option in options if option["group"] == group]
        groups.append((group, column))
    return Form(tuple(fields), tuple(groups))


def component(option: Data, say: Say) -> Component:
    """The input of an option. Numbers are entered as text: Gradio's own input for them cannot be empty, and the core
    checks what is entered anyway."""
    named: Data = {"label": label(option, say), "info": information(option, say, {}), "min_width": 200}
    if option["kind"] in ("choice", "switch"):
        return gr.Dropdown(_choices(option, say, {}), value="", filterable=False, elem_classes="option", **named)
    classes = ["option", "option-number"] if option["kind"] in _NUMBERS else ["option"]
    quiet = gr.InputHTMLAttributes(autocomplete="off", spellcheck=False)
    return gr.Textbox("", max_lines=1, max_length=_LONGEST, html_attributes=quiet, elem_classes=classes, **named)


def label(option: Data, say: Say) -> str:
    return say.core(f"option.{option['name']}", option["label"])


def information(option: Data, say: Say, starting: Mapping[str, Any]) -> str:
    """Help, what is allowed, and the starting value where it is known."""
    parts = [say.core(f"help.{option['name']}", option["help"]), allowed(option, say)]
    if option["name"] in starting:
        parts.append(say("train.option.start", value=shown_value(starting[option["name"]], say)))
    return (" " if say.language == "en" else "").join(part for part in parts if part)


def allowed(option: Data, say: Say) -> str:
    """The numbers an option takes, in words; empty for what is chosen from a list."""
    if option["kind"] not in ("integer", "number"):
        return ""
    whole = option["kind"] == "integer"
    kind = say("train.range.whole") if whole else say("train.range.number")
    bounds = _bounds(option, say, whole)
    return say("train.range.bounded", kind=kind, bounds=bounds) if bounds else say("train.range.any", kind=kind)


def _bounds(option: Data, say: Say, whole: bool) -> str:
    low, above, high, below = (option[name] for name in ("at_least", "above", "at_most", "below"))
    if whole:  # an open end of whole numbers is a closed one
        low, above = (above + 1 if low is None and above is not None else low), None
        high, below = (below - 1 if high is None and below is not None else high), None
    if low is not None and high is not None:
        return say("train.range.between", low=number(low), high=number(high))
    lower = say("train.range.at_least", low=number(low)) if low is not None else ""
    lower = say("train.range.above", low=number(above)) if above is not None else lower
    upper = say("train.range.at_most", high=number(high)) if high is not None else ""
    upper = say("train.range.below", high=number(below)) if below is not None else upper
    return (", " if say.language == "en" else "，").join(part for part in (lower, upper) if part)


def number(value: float) -> str:
    """A number as people write it: 0.00009 rather than 9e-05, thousands apart."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:.8f}".rstrip("0") if 1e-6 <= abs(value) < 1e6 else f"{value:g}"


def shown_value(value: Any, say: Say) -> str:
    match value:
        case None:
            return say("train.option.unset")
        case bool():
            return say("yes") if value else say("no")
        case int() | float():
            return number(value)
        case _:
            return str(value)


def _choices(option: Data, say: Say, starting: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a list offers; its first entry, the empty one, stands for the starting value."""
    start = shown_value(starting.get(option["name"], option["default"]), say)
    values = option["choices"] if option["kind"] == "choice" else list(_SWITCH)
    texts = {"true": say("yes"), "false": say("no")} if option["kind"] == "switch" else {}
    return [(say("train.option.choice", value=start), ""), *((texts.get(value, value), value) for value in values)]


# What was entered ---------------------------------------------------------------------------------------------------


def fitting(form: Form, options: Iterable[Data]) -> frozenset[int]:
    """The places of the fields that `options`, those of a task and a method, are entered in."""
    wanted = {_identity(option) for option in options}
    return frozenset(place for place, field in enumerate(form.fields) if _identity(field.option) in wanted)


def changes(form: Form, fitting: frozenset[int], values: Sequence[Any], starting: Mapping[str, Any]) -> Data:
    """What was entered and differs from the starting values, by name. Values come from a browser and may be anything:
    the core says what is wrong with them."""
    found: Data = {}
    for place, (field, raw) in enumerate(zip(form.fields, values, strict=True)):
        value = entered(field.option, raw)
        if place in fitting and value is not None and not _same(value, starting.get(field.name)):
            found[field.name] = value
    return found


def is_entered(raw: Any) -> bool:
    return raw is not None and not (isinstance(raw, str) and not raw.strip())


def entered(option: Data, raw: Any) -> Any:
    """What a field holds as an option's value; None for an empty one."""
    if not is_entered(raw):
        return None
    if not isinstance(raw, str | int | float):
        return str(raw)[:_LONGEST]
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    return _typed(option["kind"], text) if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _typed(kind: str, text: str) -> Any:
    """A text as the kind of value it is meant to be; as it stands where it is none."""
    if kind == "switch":
        return _SWITCH.get(text, text)
    if kind not in _NUMBERS:
        return text
    try:
        return _NUMBERS[kind](text)
    except ValueError:
        return text


def _same(value: Any, start: Any) -> bool:
    return value == start and isinstance(value, bool) == isinstance(start, bool)


# What is shown ------------------------------------------------------------------------------------------------------


def updates(form: Form, fitting: frozenset[int], say: Say, starting: Mapping[str, Any]) -> list[Any]:
    """For `form.outputs`: the fitting fields with their starting values, the others hidden, what was entered kept."""
    fields = [
        _update(field.option, say, starting) if place in fitting else gr.update(visible=False)
        for place, field in enumerate(form.fields)
    ]
    used = {form.fields[place].option["group"] for place in fitting}
    return [*fields, *(gr.update(visible=name in used) for name, _ in form.groups)]


def _update(option: Data, say: Say, starting: Mapping[str, Any]) -> Any:
    told: Data = {"visible": True, "info": information(option, say, starting)}
    if option["kind"] in ("choice", "switch"):
        return gr.update(choices=_choices(option, say, starting), **told)
    start = starting.get(option["name"], option["default"])
    return gr.update(placeholder=shown_value(start, say), **told)


def filled(form: Form, values: Mapping[str, Any]) -> list[Any]:
    """For `form.parts`: these values, and all other fields empty."""
    return [gr.update(value=_as_entered(values.get(field.name))) for field in form.fields]


def _as_entered(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            plain = number(value).replace(",", "")
            return plain if float(plain) == value else repr(value)
        case _:
            return str(value)
