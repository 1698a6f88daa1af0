"""Options as data: what a form, the command line's `options` and the reference page show of a declaration."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

UNSET = ("", "auto", "unset")  # texts that stand for "choose for me" where an option may be left unset


@dataclass(frozen=True)
class Option:
    """One declared choice. `kind` is integer, number, switch, choice or text; bounds are None where there are none."""

    name: str
    group: str
    kind: str
    default: Any
    help: str
    optional: bool
    choices: tuple[str, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    example: str = ""  # of a text
    only: str = ""  # the modality it is for; empty for all
    several_gpus: bool = False  # whether forms show it only on a machine with more than one GPU


def describe(declaration: type[BaseModel], group: str = "") -> tuple[Option, ...]:
    """Every option of a declaration, in order. `group` is used where a field names none."""
    return tuple(_option(name, field, group) for name, field in declaration.model_fields.items())


def _option(name: str, field: FieldInfo, group: str) -> Option:
    kind, optional = _plain(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Option(
        name=name,
        group=str(extra.get("group", group)),
        only=str(extra.get("only", "")),
        several_gpus=bool(extra.get("several_gpus", False)),
        kind="choice" if get_origin(kind) is Literal else _KINDS[kind],
        default=field.default,
        help=field.description or "",
        optional=optional,
        choices=get_args(kind) if get_origin(kind) is Literal else (),
        example=str(field.examples[0]) if field.examples else "",
        **_bounds(field),
    )


_KINDS: dict[Any, str] = {int: "integer", float: "number", bool: "switch", str: "text"}


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The type without `None`, and whether `None` was allowed."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return inner[0], len(inner) < len(get_args(annotation))
    return annotation, False


def _bounds(field: FieldInfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in field.metadata:
        match rule:
            case Ge():
                found["at_least"] = rule.ge
            case Gt():
                found["above"] = rule.gt
            case Le():
                found["at_most"] = rule.le
            case Lt():
                found["below"] = rule.lt
    return found


def allowed(option: Option) -> str:
    """The values an option takes, in words."""
    if option.choices:
        return " or ".join(option.choices)
    parts = [
        f"at least {option.at_least:g}" if option.at_least is not None else "",
        f"above {option.above:g}" if option.above is not None else "",
        f"at most {option.at_most:g}" if option.at_most is not None else "",
        f"below {option.below:g}" if option.below is not None else "",
    ]
    bounds = " and ".join(part for part in parts if part)
    noun = {"integer": "a whole number", "number": "a number", "switch": "true or false", "text": "a text"}[option.kind]
    return f"{noun} such as {option.example}" if option.example else f"{noun} {bounds}".strip()
