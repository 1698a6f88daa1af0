"""The run doctor's findings as cards, each with at most one button; and the run that such a button asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.api import Studio, Wish
from studio.errors import RequestError
from studio.figures import figure
from studio.ui.markup import Html, element, text
from studio.ui.shared import Data, percent
from studio.ui.words import WORDS, Say

RESUME = "resume"
LONGEST = 900  # characters of a finding; an error brings text of its own
_RATES = ("learning_rate", "head_learning_rate")
_SHARES = ("share", "rise")


def cards(findings: Sequence[Data], status: str, say: Say) -> Html:
    """All findings, or that there are none."""
    content = [_card(finding, say) for finding in findings] or [element("p", _well(status, say), cls="subdued")]
    return element("section", element("h3", say("live.doctor")), content, cls="doctor", aria_label=say("live.doctor"))


def _well(status: str, say: Say) -> str:
    if status in ("queued", "preparing"):
        return say("live.doctor.soon")
    return say("live.doctor.well.yet" if status in ("running", "stopping") else "live.doctor.well")


def _card(finding: Data, say: Say) -> Html:
    key = f"live.doctor.{finding['code']}"
    return element(
        "article",
        element(
            "div",
            element("h4", say(key) if key in WORDS else say("live.doctor.finding")),
            element("p", text(message(finding, say), LONGEST)),
        ),
        _button(finding, say) if finding["fix"] else None,
        cls=f"doctor-card doctor-{finding['severity']}",
    )


def _button(finding: Data, say: Say) -> Html:
    label = text(remedy(finding["fix"], say))
    return element("button", label, type="button", cls="link-button doctor-fix", data_ask=str(finding["code"]))


def message(finding: Data, say: Say) -> str:
    """What was found, in the page's language; in English where the page has no words for it."""
    english = str(finding["message"])
    code, values = finding["code"], finding["values"]
    if code == "failed":
        known = say.core(f"error.{values.get('code', '')}", "")
        return f"{known}{say.sentences(english)}"
    return (
        _filled(say.core(f"doctor.{code}", ""), {name: _value(name, v, say) for name, v in values.items()}) or english
    )


def _value(name: str, value: Any, say: Say) -> str:
    match value:
        case bool() | None:
            return ""
        case int():
            return f"{value:,}"
        case float():
            return percent(value, 0) if name in _SHARES else figure(value)
        case list():
            return "、".join(map(str, value))
        case _:
            return say.core(f"metric.{value}", str(value)) if name == "metric" else str(value)


def remedy(fix: Data, say: Say) -> str:
    """What a fix does, in the page's language."""
    changes: Mapping[str, Any] = fix["changes"]
    method = fix["method"] or ""
    name = say.core(f"method.{method}", method)
    changed = [f"{say.core(f'option.{option}', option)} {value}" for option, value in changes.items()]
    values = {option: str(value) for option, value in changes.items()}
    values |= {"method": name, "change": ", ".join([*([name] if name else []), *changed])}
    values |= {"rate": next((f"{changes[rate]:g}" for rate in _RATES if rate in changes), "")}
    return _filled(say.core(f"remedy.{fix['code']}", ""), values) or str(fix["label"])


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its values; "" where one is missing, so that English is said instead."""
    try:
        return template.format_map(values)
    except KeyError:
        return ""


def carry_out(studio: Studio, run: str, code: str) -> str:
    """Do what the fix of the finding `code` says; returns the id of the run to look at then.

    Raises RequestError where the run has no such finding any more, and what starting or resuming raises.
    """
    findings = studio.results.health(run)
    fix = next((finding["fix"] for finding in findings if finding["code"] == code and finding["fix"]), None)
    if fix is None:
        raise RequestError("This finding is no longer there.", next="Look at the run again.")
    if fix["code"] == RESUME:
        return str(studio.resume(run)["run"])
    return str(studio.start(*again(studio, run, fix))["run"])


def again(studio: Studio, run: str, fix: Data) -> tuple[str, str, Wish]:
    """Dataset, model and wish of another run like this one, with the fix's changes."""
    same = studio.choices.settings_of(run)
    known = {option["name"] for option in studio.options(same["task"], _method(fix, same))}
    return same["dataset"], same["model"], wish_with(fix, same, known)


def _method(fix: Data, same: Data) -> str:
    return str(fix["method"] or same["method"])


def wish_with(fix: Data, same: Data, known: set[str]) -> Wish:
    """The same run with the fix's changes. With another method, rates that suited the old one and options it lacks are
    left behind."""
    kept = dict(same["changes"])
    if fix["method"] and fix["method"] != same["method"]:
        kept = {name: value for name, value in kept.items() if name in known and name not in _RATES}
    return Wish(same["task"], _method(fix, same), same["preset"], kept | dict(fix["changes"]))
