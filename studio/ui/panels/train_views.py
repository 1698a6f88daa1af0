"""How the panel Train shows the dataset, what is chosen, costs, warnings and the command: data in, markup out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from studio.ui import form
from studio.ui.form import Form
from studio.ui.markup import Html, element, joined, text, visible
from studio.ui.panels import train_cards as cards
from studio.ui.panels.train_asked import OTHER, RUN, Situation
from studio.ui.shared import duration, notice, percent, size
from studio.ui.words import Say

Data = dict[str, Any]


def dataset_line(record: Data, say: Say) -> Html:
    """What will be learned from."""
    splits = record["splits"]
    line = say(
        "train.dataset.line",
        name="\0",
        task=say.core(f"task.{record['task']}", record["task"].replace("_", " ")).lower(),
        classes=f"{len(record['labels']):,}",
        **{split: f"{splits.get(split, 0):,}" for split in ("train", "valid", "test")},
    )
    before, after = line.split("\0")
    return element("p", before, element("strong", text(record["name"])), after, cls="train-dataset")


def model_details(source: str, models: Sequence[Data], run: Data | None, say: Say) -> Html:
    """Everything about the chosen model."""
    if source == OTHER:
        return _details(say("train.model.other"), say("train.other.details"), (), say)
    if source == RUN:
        shown = cards.run_line("train.run.details", run, say) if run else say("train.missing.run")
        return _details(visible(run["name"]) if run else say("train.model.run"), shown, (), say)
    model = next((model for model in models if model["name"] == source), None)
    if model is None:
        return joined()
    facts = (
        (say("train.parameters"), say("train.parameters.value", n=f"{model['parameters']:g}")),
        (say("train.download"), cards.download(model)),
        (say("train.languages"), say.core(f"language.{model['languages']}", model["languages"])),
        (say("train.license"), say.sentences(model["license"])),
        (say("train.where"), cards.place(model, say)),
        *(((say("train.data"), say.core(f"data.{model['name']}", model["data"])),) if model["data"] else ()),
    )
    later = "" if model["offline"] else say("train.card.later")
    unread = say("train.card.unread", share=percent(model["unknown_share"], 0)) if model["warning"] else ""
    hints = [hint for hint in (say.sentences(model["obstacle"]) or later, unread) if hint]
    advice = say.core(f"model.{model['name']}", model["advice"])
    return _details(model["label"], advice, facts, say, hints)


def _details(title: str, about: str, facts: Iterable[tuple[str, str]], say: Say, hints: Sequence[str] = ()) -> Html:
    return element(
        "section",
        element("h3", text(title)),
        element("p", text(about, 400)),
        _facts(facts),
        [element("p", hint, cls="train-hint") for hint in hints],
        cls="card train-details",
        aria_label=say("train.details"),
    )


def _facts(facts: Iterable[tuple[str, str]]) -> Html | None:
    pairs = [element("div", element("dt", name), element("dd", text(value))) for name, value in facts]
    return element("dl", pairs, cls="train-facts") if pairs else None


def cost(forecast: Data | None, busy: bool, say: Say) -> Html:
    """The forecast in words, or what measuring would tell."""
    body: Html
    if forecast is not None:
        body = joined(
            element("p", cards.cost_line(forecast, say), cls="train-cost-line"), _facts(_cost_facts(forecast, say))
        )
    else:
        body = element("p", say("train.cost.busy") if busy else say("train.cost.none"), cls="subdued")
    return element("section", element("h3", say("train.cost")), body, cls="train-cost", aria_live="polite")


def _cost_facts(forecast: Data, say: Say) -> list[tuple[str, str]]:
    step = form.number(float(f"{forecast['seconds_per_step']:.2g}"))
    return [
        (say("train.cost.time"), duration(forecast["seconds"], say)),
        (say("train.cost.memory"), size(forecast["memory_bytes"])),
        (
            say("train.cost.steps"),
            say("train.cost.steps.value", steps=f"{forecast['steps']:,}", batch=f"{forecast['batch_size']:,}"),
        ),
        (
            say("train.cost.step"),
            say("train.cost.step.value", seconds=step, micro=f"{forecast['micro_batch']:,}"),
        ),
        (
            say("train.cost.device"),
            _cost_device(forecast, say),
        ),
    ]


def _cost_device(forecast: Data, say: Say) -> str:
    """What was measured on. Of several devices it was one: that is said, because they also wait for each other."""
    count = forecast.get("devices", 1)
    device = say.sentences(str(forecast.get("device", "")))
    shown = say("train.cost.device.value", device=device, precision=forecast.get("precision", ""))
    return say("train.cost.devices.value", count=count, device=shown) if count > 1 else shown


def progress(step: Data, method: str, say: Say) -> Html:
    """What the measuring is at."""
    waiting = "waiting" in str(step.get("phase"))
    seconds = f"{float(step.get('seconds', 0)):.0f}"
    line = say("train.measuring.waiting", seconds=seconds)
    if not waiting:
        line = say("train.measuring", method=say.core(f"method.{method}", method), seconds=seconds)
    return element("p", line, cls="train-progress", role="status")


def changed(inputs: Form, found: Situation, say: Say) -> Html:
    """What was changed, one by one."""
    changes = found.wish.changes
    if not changes:
        return element("p", say("train.changed.none"), cls="subdued train-changed")
    options = {field.name: field.option for place, field in enumerate(inputs.fields) if place in found.fitting}
    shown = [
        element("li", form.label(options[name], say), " ", element("strong", text(form.shown_value(value, say), 60)))
        for name, value in changes.items()
    ]
    return element(
        "div",
        element("p", say("train.changed.count", count=len(changes))),
        element("ul", shown),
        cls="train-changed",
        role="status",
    )


def warnings(found: Sequence[Data], models: Sequence[Data], chosen: str, say: Say) -> Html:
    """What should be known before the start. A model of the menu that a warning names can be taken by a press."""
    if not found:
        return joined()
    return joined(element("h3", say("train.warnings")), [_warning(item, models, chosen, say) for item in found])


def _warning(item: Data, models: Sequence[Data], chosen: str, say: Say) -> Html:
    known = say.core(f"warning.{item['code']}", "")
    mentioned = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", item["message"]))
    buttons = [
        element(
            "button", say("train.use", model=model["label"]), type="button", cls="link-button", data_ask=model["name"]
        )
        for model in models
        if model["name"] in mentioned and model["name"] != chosen and not model["obstacle"]
    ]
    said = say.sentences(item["message"])
    what, more = (known, said) if known else (said, "")
    return notice(what, more, "warning", *([element("p", buttons, cls="train-buttons")] if buttons else []))


def readiness(missing: Sequence[str], ahead: int, say: Say) -> Html:
    """The line beside Start: what is missing, or that nothing is."""
    if missing:
        return element(
            "div",
            element("p", element("strong", say("train.missing"))),
            [element("p", text(say.sentences(problem), 800)) for problem in missing],
            cls="train-missing",
            role="status",
        )
    line = say("train.ready.queue", count=ahead, place=ahead + 1) if ahead else say("train.ready")
    return element("p", line, cls="train-ready", role="status")


def cloning(say: Say) -> Html:
    """What stands in the panel while a run's settings are looked up."""
    return element(
        "p",
        element("progress", aria_label=say("train.cloning")),
        say("train.cloning"),
        cls="train-cloning",
        role="status",
    )


def command(line: str, say: Say) -> Html:
    """The command, to be copied."""
    return element(
        "section",
        element("h3", say("train.command")),
        element(
            "button",
            say("train.copy"),
            type="button",
            cls="link-button",
            data_copy=True,
            data_copied=say("train.copied"),
        ),
        element("pre", element("code", text(line, None)), tabindex=0, aria_label=say("train.command")),
        cls="train-command",
    )
